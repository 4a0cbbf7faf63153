//! What kind of body this is, found from its beginning.
//!
//! ```text
//! '['  array        '{' … "events": [  envelope        '{' … '}' end  one object
//! '{' … '}' more lines  NDJSON          anything else  NDJSON (auto) or one broken event (json)
//! ```
//! A truncated first line must not take the other lines with it: when the first object does not close on its line
//! and the second line begins with `{`, the body is NDJSON.

use super::message::Format;
use super::scan::skip_space;
use super::split::{Context, Splitter, loose_string_end};
use super::text::unescape;

/// A kind of body and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing but white space.
    Empty,
    /// One event a line, from this byte.
    Lines(usize),
    /// Elements behind the bracket at this byte.
    Array(usize),
    /// An object with an `events` array, whose brace is at this byte.
    Envelope(usize),
    /// One event, from this byte to the end.
    One(usize),
}

/// The shape of a body.
pub(super) fn shape_of(body: &[u8], format: Format, splitter: &mut Splitter) -> Shape {
    if body.starts_with(b"\xff\xfe") || body.starts_with(b"\xfe\xff") {
        return Shape::One(0); // UTF-16: one fault of the whole body, not one a line
    }
    let start = if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let at = skip_space(body, start);
    match (format, body.get(at)) {
        (_, None) => Shape::Empty,
        (Format::Ndjson, _) => Shape::Lines(start),
        (_, Some(b'[')) => Shape::Array(at),
        (_, Some(b'{')) => match (head(body, at, splitter), format) {
            (Head::Events, _) => Shape::Envelope(at),
            (Head::Ends(end), Format::Auto) if skip_space(body, end) == body.len() => Shape::One(at),
            (Head::Ends(end), Format::Auto) if memchr::memchr(b'\n', &body[at..end]).is_none() => Shape::Lines(start),
            (_, Format::Auto) if second_line_is_object(body, at) => Shape::Lines(start),
            _ => Shape::One(at),
        },
        (Format::Auto, _) => Shape::Lines(start),
        (Format::Json, _) => Shape::One(at),
    }
}

enum Head {
    /// Has a key `events` with an array.
    Events,
    /// An object without one, which ends before this byte.
    Ends(usize),
    /// Never closes.
    Open,
}

fn head(body: &[u8], at: usize, splitter: &mut Splitter) -> Head {
    let mut at = at + 1;
    loop {
        if events_array(body, at).is_some() {
            return Head::Events;
        }
        at = splitter.end(body, at, Context::Object) + 1;
        match body.get(at - 1) {
            Some(b',') => {}
            Some(_) => return Head::Ends(at),
            None => return Head::Open,
        }
    }
}

/// If the member that begins at `at` is `"events": [`, the byte after the bracket.
pub(super) fn events_array(body: &[u8], at: usize) -> Option<usize> {
    let quote = skip_space(body, at);
    if body.get(quote) != Some(&b'"') {
        return None;
    }
    let end = loose_string_end(body, quote);
    let key = body.get(quote + 1..end.checked_sub(1)?)?;
    let colon = skip_space(body, end);
    let bracket = skip_space(body, colon + 1);
    if body.get(colon) != Some(&b':') || body.get(bracket) != Some(&b'[') || !is_events(key) {
        return None;
    }
    Some(bracket + 1)
}

fn is_events(key: &[u8]) -> bool {
    if !key.contains(&b'\\') {
        return key == b"events";
    }
    let mut plain = Vec::new();
    key.len() <= 6 * b"events".len() && unescape(key, &mut plain).is_ok() && plain == b"events"
}

fn second_line_is_object(body: &[u8], at: usize) -> bool {
    let Some(newline) = memchr::memchr(b'\n', &body[at..]) else {
        return false;
    };
    body.get(skip_space(body, at + newline)) == Some(&b'{')
}
