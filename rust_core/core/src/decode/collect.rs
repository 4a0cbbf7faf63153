//! Turns judged events into rows and everything else into rejects.

use crate::batch::Batch;
use crate::limits::Limits;
use crate::reject::Code;

use super::careful::CarefulParser;
use super::judge::{Bounds, judge};
use super::message::Message;
use super::quick::QuickParser;
use super::raw::{Fault, RawEvent};
use super::rows::{Place, RowMaker};
use super::verdicts::{Obeyed, Refusal};
use super::walk::Receive;

/// Collects the events of many messages into one batch.
pub(super) struct Collector<'l> {
    pub(super) batch: Batch,
    limits: &'l Limits,
    quick: QuickParser,
    careful: CarefulParser,
    parsers: Parsers,
    raw: RawEvent,
    rows: RowMaker,
}

/// Which parsers may take an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsers {
    /// The quick one, and the careful one where that gives up.
    QuickFirst,
    /// The careful one alone.
    CarefulOnly,
}

impl<'l> Collector<'l> {
    pub(super) fn new(limits: &'l Limits, parsers: Parsers) -> Collector<'l> {
        Collector {
            batch: Batch::default(),
            limits,
            quick: QuickParser::default(),
            careful: CarefulParser::default(),
            parsers,
            raw: RawEvent::empty(),
            rows: RowMaker::default(),
        }
    }

    /// Make room for the events of these messages: growing step by step would copy every row twice. What is only
    /// reserved costs no memory, and a row takes at least the bytes of the smallest event.
    pub(super) fn reserve(&mut self, messages: &[Message]) {
        const EVENT_BYTES_MIN: usize = 24;
        const EVENT_BYTES_USUAL: usize = 512;
        const TEXT_SHARE: usize = 3;
        let bytes: usize = messages.iter().map(|message| message.payload.len()).sum();
        let rows = messages.iter().map(|message| match message.events {
            Some(events) => usize::try_from(events).unwrap_or(usize::MAX).min(message.payload.len() / EVENT_BYTES_MIN),
            None => message.payload.len() / EVENT_BYTES_USUAL,
        });
        let rows = rows.sum();
        self.batch.rows.reserve(rows);
        self.rows.reserve(rows, &mut self.batch.series);
        self.batch.arena.reserve(bytes / TEXT_SHARE);
    }

    /// The receiver of the events of one message.
    pub(super) fn message<'c, 'm>(&'c mut self, index: u32, message: &'m Message<'m>) -> OfMessage<'c, 'l, 'm> {
        let quick = self.parsers == Parsers::QuickFirst && QuickParser::may_parse(message, self.limits);
        let bounds = Bounds::of(message, self.limits);
        let obeyed = Obeyed::new(message.verdicts);
        OfMessage { collector: self, message, index, ordinal: 0, rejected: 0, quick, bounds, obeyed }
    }

    /// The reject of a message that nobody could open.
    #[cold]
    pub(super) fn refuse(&mut self, index: u32, message: &Message, code: Code, detail: &str) {
        if self.batch.rejects.len() < self.limits.rejects_kept_max {
            let place = Place { message, index, ordinal: 0, position: message.position(None, 0) };
            let kept_bytes_max = self.limits.payload_kept_bytes_max;
            let reject = place.refuse(Fault::whole(code), detail.into(), message.payload, kept_bytes_max);
            self.batch.rejects.push(reject);
        }
    }
}

/// Receives the events of one message.
pub(super) struct OfMessage<'c, 'l, 'm> {
    collector: &'c mut Collector<'l>,
    message: &'m Message<'m>,
    index: u32,
    ordinal: u64,
    /// Events refused so far, kept or not.
    rejected: i64,
    quick: bool,
    bounds: Bounds<'m>,
    obeyed: Obeyed<'m>,
}

impl<'m> OfMessage<'_, '_, 'm> {
    /// What the edge says of the current event, and what is left to demand of it. An event that the edge refused is
    /// judged in full again only to find the field that is to blame.
    #[inline(always)]
    fn ruling(&mut self) -> (Option<&'m Refusal>, Bounds<'m>) {
        let refusal = self.obeyed.of(self.ordinal);
        let is_accepted = self.message.verdicts.is_some() && refusal.is_none();
        (refusal, if is_accepted { Bounds::OPEN } else { self.bounds })
    }

    /// The bytes that an event at `at` may take.
    #[inline(always)]
    fn window<'b>(&self, body: &'b [u8], at: usize) -> &'b [u8] {
        let end = body.len().min(at.saturating_add(self.collector.limits.event_bytes_max));
        &body[at..end]
    }

    /// Where the current event stands; in lines where the body has lines.
    #[inline(always)]
    fn place(&self, line: Option<u64>) -> Place<'m> {
        let position = self.message.position(line, self.ordinal);
        let ordinal = u32::try_from(self.ordinal).unwrap_or(u32::MAX);
        Place { message: self.message, index: self.index, ordinal, position }
    }

    #[cold]
    fn reject(&mut self, fault: Fault, refusal: Option<&Refusal>, event: &[u8], line: Option<u64>) {
        self.rejected += 1;
        let place = self.place(line);
        let Collector { batch, limits, .. } = self.collector;
        let (fault, detail) = match refusal {
            Some(refusal) if refusal.code != fault.code => (refusal.fault(), refusal.detail.clone()),
            Some(refusal) => (fault, refusal.detail.clone()),
            None => (fault, "".into()),
        };
        batch.warnings.verdict_overruled += u64::from(self.message.verdicts.is_some() && refusal.is_none());
        if batch.rejects.len() < limits.rejects_kept_max {
            batch.rejects.push(place.refuse(fault, detail, event, limits.payload_kept_bytes_max));
        }
    }

    /// The whole message has been walked: what became of it.
    pub(super) fn finish(self) -> i64 {
        self.collector.batch.warnings.verdict_overruled += self.obeyed.left();
        self.rejected
    }
}

impl Receive for OfMessage<'_, '_, '_> {
    #[inline(always)]
    fn quick(&mut self, body: &[u8], at: usize, newlines: bool) -> Option<usize> {
        if !self.quick || body.get(at) != Some(&b'{') {
            return None;
        }
        let window = self.window(body, at);
        let length = self.collector.quick.parse(window, newlines, &mut self.collector.raw)?;
        Some(at + length)
    }

    #[inline(always)]
    fn commit(&mut self, body: &[u8], from: usize, to: usize, line: Option<u64>) {
        let base = self.window(body, from);
        let place = self.place(line);
        let (refusal, bounds) = self.ruling();
        let Collector { batch, limits, raw, rows, .. } = self.collector;
        let outcome = judge(raw, base, &bounds).and_then(|verdict| match refusal {
            Some(refusal) => Err(refusal.fault()),
            None => rows.push(batch, raw, base, verdict, place, limits),
        });
        if let Err(fault) = outcome {
            self.reject(fault, refusal, &body[from..to], line);
        }
        self.ordinal += 1;
    }

    fn careful(&mut self, body: &[u8], from: usize, to: usize, line: Option<u64>) {
        let event = &body[from..to];
        let place = self.place(line);
        let (refusal, bounds) = self.ruling();
        let Collector { batch, limits, raw, rows, careful, .. } = self.collector;
        let outcome = careful.parse(event, self.message.dialect, limits, raw).and_then(|()| {
            let base = careful.texts();
            let verdict = judge(raw, base, &bounds)?;
            match refusal {
                Some(refusal) => Err(refusal.fault()),
                None => rows.push(batch, raw, base, verdict, place, limits),
            }
        });
        if let Err(fault) = outcome {
            self.reject(fault, refusal, event, line);
        }
        self.ordinal += 1;
    }
}
