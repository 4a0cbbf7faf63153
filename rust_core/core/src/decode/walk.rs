//! Walk over the events of a body, whatever its shape; every event is handed over exactly once.
//!
//! The quick parser is tried first, at the event's first byte: where it takes the event, its end is known and nothing
//! is scanned twice. Where it does not, the splitter finds the end and the careful parser gets the whole event.

use memchr::memchr;

use super::message::Format;
use super::scan::{is_space, skip_space};
use super::shape::{Shape, events_array, shape_of};
use super::split::{Context, Splitter};

/// Receives the events of a body.
pub(super) trait Receive {
    /// Parse the event that begins at `at`, if that is easy; the byte after it. Nothing is kept before `commit`.
    fn quick(&mut self, body: &[u8], at: usize, newlines: bool) -> Option<usize>;
    /// Keep the event that `quick` parsed last: it stands at `from..to`, on this line of NDJSON.
    fn commit(&mut self, body: &[u8], from: usize, to: usize, line: Option<u64>);
    /// Take this whole event, which may be anything.
    fn careful(&mut self, body: &[u8], from: usize, to: usize, line: Option<u64>);
}

/// How the events of a body turned out to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// One a line, all of them.
    Lines,
    /// One object, an array or an envelope.
    Json,
    /// An array or an envelope with lines behind it.
    Both,
}

/// Hand every event of the body to the receiver, in order.
pub(super) fn walk(body: &[u8], format: Format, splitter: &mut Splitter, receiver: &mut impl Receive) -> Written {
    let end = match shape_of(body, format, splitter) {
        Shape::Empty => return Written::Json,
        Shape::Lines(at) => {
            lines(body, at, 0, receiver);
            return Written::Lines;
        }
        Shape::One(at) => {
            one(body, at, receiver);
            return Written::Json;
        }
        Shape::Array(at) => array(body, at + 1, splitter, receiver),
        Shape::Envelope(at) => envelope(body, at + 1, splitter, receiver),
    };
    rest(body, end, format, receiver)
}

/// What stands behind a closed array or envelope: more lines, or else one more event, whatever it is.
fn rest(body: &[u8], end: usize, format: Format, receiver: &mut impl Receive) -> Written {
    let at = skip_space(body, end);
    if at == body.len() {
        return Written::Json;
    }
    if format == Format::Auto && memchr(b'\n', &body[end..at]).is_some() {
        let line = memchr::memchr_iter(b'\n', &body[..end]).count() as u64;
        lines(body, end, line, receiver);
        return Written::Both;
    }
    receiver.careful(body, at, trim_end(body, at, body.len()), None);
    Written::Json
}

fn lines(body: &[u8], mut at: usize, mut line: u64, receiver: &mut impl Receive) {
    loop {
        while at < body.len() && is_space(body[at]) {
            line += u64::from(body[at] == b'\n');
            at += 1;
        }
        if at == body.len() {
            return;
        }
        if let Some(end) = receiver.quick(body, at, false) {
            let mut next = end;
            while next < body.len() && matches!(body[next], b' ' | b'\t' | b'\r') {
                next += 1;
            }
            if next == body.len() || body[next] == b'\n' {
                receiver.commit(body, at, end, Some(line));
                at = next;
                continue;
            }
        }
        let end = memchr(b'\n', &body[at..]).map_or(body.len(), |length| at + length);
        receiver.careful(body, at, trim_end(body, at, end), Some(line));
        at = end;
    }
}

fn one(body: &[u8], at: usize, receiver: &mut impl Receive) {
    if let Some(end) = receiver.quick(body, at, true)
        && skip_space(body, end) == body.len()
    {
        return receiver.commit(body, at, end, None);
    }
    receiver.careful(body, at, trim_end(body, at, body.len()), None);
}

/// The elements from `at`, behind the bracket. The byte after the closing bracket, or the length of the body.
fn array(body: &[u8], mut at: usize, splitter: &mut Splitter, receiver: &mut impl Receive) -> usize {
    let mut first = true;
    loop {
        at = skip_space(body, at);
        let mut end = None;
        if let Some(stop) = receiver.quick(body, at, true) {
            let next = skip_space(body, stop);
            if matches!(body.get(next), None | Some(b',' | b']')) {
                receiver.commit(body, at, stop, None);
                end = Some(next);
            }
        }
        let end = match end {
            Some(end) => end,
            None => {
                let end = splitter.end(body, at, Context::Array);
                let trimmed = trim_end(body, at, end);
                if trimmed == at && first && body.get(end) == Some(&b']') {
                    return end + 1;
                }
                receiver.careful(body, at, trimmed, None);
                end
            }
        };
        first = false;
        at = (end + 1).min(body.len());
        if body.get(end) != Some(&b',') {
            return at;
        }
    }
}

/// The members from `at`, behind the brace: every `events` array is walked, the other members are passed over.
fn envelope(body: &[u8], mut at: usize, splitter: &mut Splitter, receiver: &mut impl Receive) -> usize {
    loop {
        if let Some(elements) = events_array(body, at) {
            at = array(body, elements, splitter, receiver);
        }
        let end = splitter.end(body, at, Context::Object);
        at = (end + 1).min(body.len());
        if body.get(end) != Some(&b',') {
            return at;
        }
    }
}

/// Where `from..to` ends without the JSON white space at its end.
fn trim_end(body: &[u8], from: usize, to: usize) -> usize {
    body[from..to].iter().rposition(|byte| !is_space(*byte)).map_or(from, |last| from + last + 1)
}
