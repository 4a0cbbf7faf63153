//! Cuts a body that is too large for one message into pieces that decode to the same events.
//!
//! ```text
//! lines      {…}⏎{…}⏎ │ {…}⏎{…}⏎        slices of the body, not copied
//! elements   [{…},{…}]  [{…},{…}]        the events copied between brackets of their own
//! odd ones   []{"a":[1,                  what nothing can follow stands behind an empty array, alone
//! ```
//! However broken a body is, its pieces hold the same events with the same bytes.

use std::borrow::Cow;

use crate::count::count_events;
use crate::limits::Limits;
use crate::reject::Code;

use super::elements::{Elements, Tail, Tails};
use super::message::Format;
use super::scan::is_space;
use super::verdicts::write_refusal;

/// Bounds of a piece. One event alone may be longer, up to the bound of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceBounds {
    /// Longest payload in bytes.
    pub bytes_max: usize,
    /// Longest text of verdicts in bytes; one verdict is always taken.
    pub verdict_bytes_max: usize,
}

/// A part of a body that is a body of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The body; borrowed where it is a slice of the whole one.
    pub payload: Cow<'a, [u8]>,
    /// How it is written; never [`Format::Auto`].
    pub format: Format,
    /// Its events, counted apart from the decoding.
    pub events: u64,
    /// Position of its first event at the origin.
    pub base_position: i64,
    /// What was decided of its events, as [`super::Verdicts`] reads it.
    pub verdicts: String,
}

/// One event as it stood in the body.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Stood on a line of its own.
    pub(super) is_line: bool,
    /// Valid JSON, so that anything may follow it.
    pub(super) is_whole: bool,
    pub(super) position: i64,
}

/// Bytes that brackets and tails add to a piece at most.
const FRAME_BYTES_MAX: usize = 48;
/// Bytes of one verdict at most: a comma, an ordinal, a colon, a name.
const VERDICT_BYTES_MAX: usize = 64;

/// Collects events into pieces.
pub(super) struct Cutter<'a, 'l> {
    body: &'a [u8],
    limits: &'l Limits,
    bounds: PieceBounds,
    pieces: Vec<Piece<'a>>,
    open: Option<Open>,
    tails: Tails,
}

/// The piece that grows.
struct Open {
    contents: Contents,
    events: u64,
    base_position: i64,
    verdicts: String,
}

enum Contents {
    /// A slice of the body.
    Lines { from: usize, to: usize },
    /// Copies, behind the opening bracket.
    Elements(Elements),
}

impl<'a, 'l> Cutter<'a, 'l> {
    pub(super) fn new(body: &'a [u8], limits: &'l Limits, bounds: PieceBounds) -> Cutter<'a, 'l> {
        Cutter { body, limits, bounds, pieces: Vec::new(), open: None, tails: Tails::default() }
    }

    /// The next event, and the code if it was refused.
    pub(super) fn take(&mut self, stretch: Stretch, refused: Option<Code>) {
        let event = &self.body[stretch.from..stretch.to];
        if let Some(kept) = self.kept_of_too_large(event) {
            // One byte more than is kept, so that the reject says that its payload was cut.
            return self.alone(&[b"[]", &event[..kept], b"x"], stretch.position, refused);
        }
        if stretch.is_line {
            return self.line(stretch, refused);
        }
        match if stretch.is_whole { Some(Tail::Comma) } else { self.tails.of(event) } {
            Some(tail) => self.element(event, tail, stretch.position, refused),
            None => self.alone(&[b"[]", event], stretch.position, refused),
        }
    }

    /// All pieces.
    pub(super) fn finish(mut self) -> Vec<Piece<'a>> {
        self.close();
        self.pieces
    }

    /// How much travels of an event that is refused for its length and too long for a message.
    fn kept_of_too_large(&self, event: &[u8]) -> Option<usize> {
        let is_too_large = event.len() > self.limits.event_bytes_max.max(self.bounds.bytes_max);
        (is_too_large && event.len() > self.limits.payload_kept_bytes_max).then_some(self.limits.payload_kept_bytes_max)
    }

    fn line(&mut self, stretch: Stretch, refused: Option<Code>) {
        let bytes_max = self.bounds.bytes_max;
        let fits =
            |open: &Open| matches!(&open.contents, Contents::Lines { from, .. } if stretch.to - from <= bytes_max);
        self.close_unless(refused, fits);
        let (from, line) = first_line(self.body, stretch.from);
        let open = self.open.get_or_insert_with(|| Open {
            contents: Contents::Lines { from, to: from },
            events: 0,
            base_position: stretch.position.saturating_sub(line),
            verdicts: String::new(),
        });
        if let Contents::Lines { to, .. } = &mut open.contents {
            *to = stretch.to;
        }
        open.count(refused);
    }

    fn element(&mut self, event: &[u8], tail: Tail, position: i64, refused: Option<Code>) {
        let room = self.bounds.bytes_max.saturating_sub(event.len() + FRAME_BYTES_MAX);
        let fits = |open: &Open| matches!(&open.contents, Contents::Elements(elements) if elements.len() <= room);
        self.close_unless(refused, fits);
        let capacity = self.bounds.bytes_max.min(self.body.len());
        let open = self.open.get_or_insert_with(|| Open {
            contents: Contents::Elements(Elements::new(capacity)),
            events: 0,
            base_position: position,
            verdicts: String::new(),
        });
        if let Contents::Elements(elements) = &mut open.contents {
            elements.push(event, tail);
        }
        open.count(refused);
    }

    /// A piece of one event, put together of these parts.
    fn alone(&mut self, parts: &[&[u8]], position: i64, refused: Option<Code>) {
        self.close();
        let mut verdicts = String::new();
        if let Some(code) = refused {
            write_refusal(&mut verdicts, 0, code);
        }
        self.add(Cow::Owned(parts.concat()), Format::Json, position, verdicts);
    }

    /// Close the open piece unless the next event still fits into it.
    fn close_unless(&mut self, refused: Option<Code>, fits: impl Fn(&Open) -> bool) {
        let max = self.bounds.verdict_bytes_max;
        let takes_verdict = |open: &Open| refused.is_none() || open.verdicts.len() + VERDICT_BYTES_MAX <= max;
        let fits = |open: &Open| fits(open) && takes_verdict(open);
        if self.open.as_ref().is_some_and(|open| !fits(open)) {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(Open { contents, base_position, verdicts, .. }) = self.open.take() else {
            return;
        };
        let body = self.body;
        let (payload, format) = match contents {
            Contents::Lines { from, to } => (Cow::Borrowed(&body[from..to]), Format::Ndjson),
            Contents::Elements(elements) => (Cow::Owned(elements.finish()), Format::Json),
        };
        self.add(payload, format, base_position, verdicts);
    }

    fn add(&mut self, payload: Cow<'a, [u8]>, format: Format, base_position: i64, verdicts: String) {
        let events = count_events(&payload, format);
        self.pieces.push(Piece { payload, format, events, base_position, verdicts });
    }
}

impl Open {
    fn count(&mut self, refused: Option<Code>) {
        if let Some(code) = refused {
            write_refusal(&mut self.verdicts, self.events, code);
        }
        self.events += 1;
    }
}

/// Where a slice begins whose first event is the line at `from`, and how many lines stand before that one. Bytes that
/// would be a byte order mark at the beginning of a body must not come to stand there.
fn first_line(body: &[u8], from: usize) -> (usize, i64) {
    match (body[from], from.checked_sub(1).map(|before| body[before])) {
        (0xef | 0xfe | 0xff, Some(before)) if is_space(before) => (from - 1, i64::from(before == b'\n')),
        (0xef | 0xfe | 0xff, _) => (0, 0), // at the very beginning, or behind the body's own mark
        _ => (from, 0),
    }
}
