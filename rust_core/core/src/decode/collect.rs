//! Turns judged events into rows and everything else into rejects.

use crate::batch::Batch;
use crate::limits::Limits;
use crate::reject::Reject;

use super::careful::CarefulParser;
use super::judge::judge;
use super::message::Message;
use super::quick::QuickParser;
use super::raw::{Fault, RawEvent};
use super::rows::{Place, RowMaker};
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
        self.batch.rows.reserve(rows.sum());
        self.batch.arena.reserve(bytes / TEXT_SHARE);
    }

    /// The receiver of the events of one message.
    pub(super) fn message<'c, 'm>(&'c mut self, index: u32, message: &'m Message<'m>) -> OfMessage<'c, 'l, 'm> {
        // The quick parser trusts its bytes to be UTF-8 and knows only events of depth two.
        let quick = self.parsers == Parsers::QuickFirst
            && self.limits.depth_max >= 2
            && simdutf8::basic::from_utf8(message.payload).is_ok();
        OfMessage { collector: self, message, index, ordinal: 0, rejected: 0, quick }
    }
}

/// Receives the events of one message.
pub(super) struct OfMessage<'c, 'l, 'm> {
    collector: &'c mut Collector<'l>,
    message: &'m Message<'m>,
    index: u32,
    ordinal: u64,
    /// Events refused so far, kept or not.
    pub(super) rejected: i64,
    quick: bool,
}

impl<'m> OfMessage<'_, '_, 'm> {
    /// The bytes that an event at `at` may take.
    #[inline(always)]
    fn window<'b>(&self, body: &'b [u8], at: usize) -> &'b [u8] {
        let end = body.len().min(at.saturating_add(self.collector.limits.event_bytes_max));
        &body[at..end]
    }

    /// Where the current event stands; in lines where the body has lines.
    #[inline(always)]
    fn place(&self, line: Option<u64>) -> Place<'m> {
        let offset = i64::try_from(line.unwrap_or(self.ordinal)).unwrap_or(i64::MAX);
        let position = self.message.base_position.saturating_add(offset);
        let ordinal = u32::try_from(self.ordinal).unwrap_or(u32::MAX);
        Place { message: self.message, index: self.index, ordinal, position }
    }

    #[cold]
    fn reject(&mut self, fault: Fault, event: &[u8], line: Option<u64>) {
        self.rejected += 1;
        let Place { index, ordinal, position, .. } = self.place(line);
        let limits = self.collector.limits;
        let rejects = &mut self.collector.batch.rejects;
        if rejects.len() >= limits.rejects_kept_max {
            return;
        }
        let kept = event.len().min(limits.payload_kept_bytes_max);
        rejects.push(Reject {
            tenant_id: self.message.tenant.tenant_id,
            received_at_us: self.message.received_at_us,
            message: index,
            ordinal,
            position,
            at_byte: fault.at_byte,
            code: fault.code,
            field: fault.field,
            detail: "".into(),
            origin: self.message.origin.into(),
            payload: event[..kept].into(),
            payload_truncated: kept < event.len(),
        });
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
        let Collector { batch, limits, raw, rows, .. } = self.collector;
        let outcome = judge(raw, base, self.message.tenant, self.message.received_at_us, limits)
            .and_then(|verdict| rows.push(batch, raw, base, verdict, place, limits));
        if let Err(fault) = outcome {
            self.reject(fault, &body[from..to], line);
        }
        self.ordinal += 1;
    }

    fn careful(&mut self, event: &[u8], line: Option<u64>) {
        let place = self.place(line);
        let Collector { batch, limits, raw, rows, careful, .. } = self.collector;
        let outcome = careful.parse(event, limits, raw).and_then(|()| {
            let base = careful.texts();
            let verdict = judge(raw, base, self.message.tenant, self.message.received_at_us, limits)?;
            rows.push(batch, raw, base, verdict, place, limits)
        });
        if let Err(fault) = outcome {
            self.reject(fault, event, line);
        }
        self.ordinal += 1;
    }
}
