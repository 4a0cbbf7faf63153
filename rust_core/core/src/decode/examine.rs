//! What the edge does with a body: judge every event, keep none, and cut what is too large for one message.
//!
//! ```text
//! body ─walk─▶ event ─quick or careful─▶ RawEvent ─judge─▶ verdict ─┐
//!   └──────────── stands at from..to ──────────────────────────cut─▶ Piece { payload, verdicts }
//! ```
//! Decoding the pieces with their verdicts gives what decoding the body gives; a property test and the fuzz target hold
//! the two together.

use std::borrow::Cow;

use crate::count::count_events;
use crate::limits::Limits;
use crate::reject::Reject;

use super::careful::CarefulParser;
use super::cut::{Cutter, Piece, PieceBounds, Stretch};
use super::judge::{Bounds, judge};
use super::message::{Format, Message};
use super::quick::QuickParser;
use super::raw::{Fault, RawEvent};
use super::rows::Place;
use super::split::Splitter;
use super::verdicts::write_refusal;
use super::walk::{Receive, Written, walk};

/// What was found out about a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined<'a> {
    /// Events that arrived, counted apart from the judging.
    pub received: u64,
    /// Events that will be rows or duplicates.
    pub accepted: u64,
    /// Events refused, kept or not.
    pub rejected: u64,
    /// Refused events, as many as the limits keep, without their payload: that is in the pieces.
    pub rejects: Vec<Reject>,
    /// The body, to be sent on in this order; none for a body without events.
    pub pieces: Vec<Piece<'a>>,
}

/// Judge every event of a body and cut it. Verdicts that the message carries already are not looked at.
pub fn examine<'a>(message: &Message<'a>, limits: &Limits, bounds: PieceBounds) -> Examined<'a> {
    let received = message.events.unwrap_or_else(|| count_events(message.payload, message.format));
    if message.payload.len() <= bounds.bytes_max {
        let (found, written) = Examiner::run(message, limits, None);
        if written != Written::Both && found.verdicts.len() <= bounds.verdict_bytes_max {
            return found.whole(message, written, received);
        }
    }
    let cutter = Cutter::new(message.payload, limits, bounds);
    let (mut found, _) = Examiner::run(message, limits, Some(cutter));
    let pieces = found.cutter.take().map(Cutter::finish).unwrap_or_default();
    found.into_examined(received, pieces)
}

/// Judges the events of one message.
struct Examiner<'m, 'a, 'l> {
    message: &'m Message<'a>,
    limits: &'l Limits,
    bounds: Bounds<'m>,
    parse_quick: bool,
    quick: QuickParser,
    careful: CarefulParser,
    raw: RawEvent,
    ordinal: u64,
    rejected: u64,
    rejects: Vec<Reject>,
    /// Of the whole body; the cutter has those of the pieces.
    verdicts: String,
    cutter: Option<Cutter<'a, 'l>>,
}

impl<'m, 'a, 'l> Examiner<'m, 'a, 'l> {
    fn run(message: &'m Message<'a>, limits: &'l Limits, cutter: Option<Cutter<'a, 'l>>) -> (Self, Written) {
        let mut examiner = Examiner {
            message,
            limits,
            bounds: Bounds::of(message, limits),
            parse_quick: QuickParser::may_parse(message, limits),
            quick: QuickParser::default(),
            careful: CarefulParser::default(),
            raw: RawEvent::empty(),
            ordinal: 0,
            rejected: 0,
            rejects: Vec::new(),
            verdicts: String::new(),
            cutter,
        };
        let written = walk(message.payload, message.format, &mut Splitter::default(), &mut examiner);
        (examiner, written)
    }

    /// The body as one piece.
    fn whole(mut self, message: &Message<'a>, written: Written, received: u64) -> Examined<'a> {
        let format = match (message.format, written) {
            (Format::Auto, Written::Lines) => Format::Ndjson,
            (Format::Auto, _) => Format::Json,
            (format, _) => format,
        };
        let piece = Piece {
            payload: Cow::Borrowed(message.payload),
            format,
            events: received,
            base_position: message.base_position,
            verdicts: std::mem::take(&mut self.verdicts),
        };
        let pieces = if self.ordinal == 0 { Vec::new() } else { vec![piece] };
        self.into_examined(received, pieces)
    }

    fn into_examined(self, received: u64, pieces: Vec<Piece<'a>>) -> Examined<'a> {
        let Examiner { ordinal, rejected, rejects, .. } = self;
        Examined { received, accepted: ordinal - rejected, rejected, rejects, pieces }
    }

    /// The event at `from..to` has been judged.
    #[inline(always)]
    fn take(&mut self, from: usize, to: usize, line: Option<u64>, fault: Option<Fault>, is_whole: bool) {
        let refused = fault.as_ref().map(|fault| fault.code);
        if let Some(cutter) = &mut self.cutter {
            let position = self.message.position(line, self.ordinal);
            cutter.take(Stretch { from, to, is_line: line.is_some(), is_whole, position }, refused);
        } else if let Some(code) = refused {
            write_refusal(&mut self.verdicts, self.ordinal, code);
        }
        if let Some(fault) = fault {
            self.reject(fault, &self.message.payload[from..to], line);
        }
        self.ordinal += 1;
    }

    #[cold]
    fn reject(&mut self, fault: Fault, event: &[u8], line: Option<u64>) {
        self.rejected += 1;
        if self.rejects.len() < self.limits.rejects_kept_max {
            let ordinal = u32::try_from(self.ordinal).unwrap_or(u32::MAX);
            let position = self.message.position(line, self.ordinal);
            let place = Place { message: self.message, index: 0, ordinal, position };
            self.rejects.push(place.refuse(fault, "".into(), event, 0));
        }
    }
}

impl Receive for Examiner<'_, '_, '_> {
    #[inline(always)]
    fn quick(&mut self, body: &[u8], at: usize, newlines: bool) -> Option<usize> {
        if !self.parse_quick || body.get(at) != Some(&b'{') {
            return None;
        }
        let end = body.len().min(at.saturating_add(self.limits.event_bytes_max));
        let length = self.quick.parse(&body[at..end], newlines, &mut self.raw)?;
        Some(at + length)
    }

    #[inline(always)]
    fn commit(&mut self, body: &[u8], from: usize, to: usize, line: Option<u64>) {
        let fault = judge(&mut self.raw, &body[from..], &self.bounds).err();
        self.take(from, to, line, fault, true);
    }

    fn careful(&mut self, body: &[u8], from: usize, to: usize, line: Option<u64>) {
        let Examiner { careful, raw, limits, bounds, message, .. } = self;
        let outcome = careful
            .parse(&body[from..to], message.dialect, limits, raw)
            .and_then(|()| judge(raw, careful.texts(), bounds));
        self.take(from, to, line, outcome.err(), false);
    }
}
