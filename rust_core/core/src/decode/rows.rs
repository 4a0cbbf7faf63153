//! Makes rows, series and texts of judged events.

use std::borrow::Cow;

use crate::batch::{Batch, Row, SERIES_DIMENSIONS, Span, TEXT_FIELDS};
use crate::limits::Limits;
use crate::reject::Code;
use crate::series::{SeriesKey, SeriesSet, event_key_of};
use crate::series_list::SeriesList;
use crate::texts::TextDesk;
use crate::tokens::{COST_LINES, CostStatus};

use super::field;
use super::judge::{Verdict, bytes_of};
use super::message::Message;
use super::raw::{Fault, RawEvent};
use super::text::write_string;

/// Where an event stood, for whoever refuses it later.
#[derive(Clone, Copy)]
pub(super) struct Place<'m> {
    /// Its message.
    pub(super) message: &'m Message<'m>,
    /// Index of the message.
    pub(super) index: u32,
    /// Ordinal of the event in its message.
    pub(super) ordinal: u32,
    /// The message's base position plus the event's line or ordinal.
    pub(super) position: i64,
}

/// Makes rows and series of judged events.
#[derive(Default)]
pub(super) struct RowMaker {
    series: SeriesSet,
    key: SeriesKey,
    texts: TextDesk,
}

impl RowMaker {
    /// Make room for the series of this many events.
    pub(super) fn reserve(&mut self, events: usize, list: &mut SeriesList) {
        const EVENTS_MAX: usize = 8192;
        let series = events.min(EVENTS_MAX);
        self.series.reserve(series);
        list.reserve(series);
    }

    #[inline(always)]
    pub(super) fn push(
        &mut self,
        batch: &mut Batch,
        raw: &mut RawEvent,
        base: &[u8],
        verdict: Verdict,
        place: Place,
        limits: &Limits,
    ) -> Result<(), Fault> {
        let message = place.message;
        let arena_len = batch.arena.len();
        self.copy_texts(raw, base);
        let declared = &message.tenant.declared_tags;
        let own =
            if raw.tags.is_empty() { Vec::new() } else { sorted_tags(raw, base, |key| !is_declared(declared, key)) };
        let write = (!own.is_empty()).then_some(|out: &mut Vec<u8>| write_tags(&own, out));
        let texts = self.texts.put(&mut batch.arena, write);
        if batch.arena.len() > limits.batch_text_bytes_max {
            batch.arena.truncate(arena_len);
            return Err(Fault::whole(Code::BatchFull));
        }
        let (source, source_len) = readable(raw.texts[usize::from(field::SOURCE)], base);
        let (id, id_len) = readable(raw.texts[usize::from(field::ID)], base);
        let series = self.series_of(batch, raw, base, verdict, message);
        batch.warnings.total_mismatch += u64::from(verdict.total_mismatch);
        batch.warnings.unknown_field += raw.unknown_fields;
        batch.rows.push(Row {
            tenant_id: message.tenant.tenant_id,
            ts_us: verdict.ts_us,
            event_key: event_key_of(source, source_len, id, id_len),
            received_at_us: message.received_at_us,
            series,
            message: place.index,
            ordinal: place.ordinal,
            position: place.position,
            tokens: raw.tokens,
            web_searches: raw.web_searches,
            estimated: raw.estimated,
            latency_us: raw.latency_us,
            ttft_us: raw.ttft_us,
            reported_cost_pico_usd: raw.cost_pico_usd,
            texts,
            cost: [0; COST_LINES],
            cost_status: CostStatus::Unpriced,
            unpriced_tokens: 0,
            price_id: 0,
        });
        Ok(())
    }

    /// Lay the texts of the row on the desk. The source is never absent: a missing one is empty.
    #[inline(always)]
    fn copy_texts(&mut self, raw: &RawEvent, base: &[u8]) {
        self.texts.clear();
        for field in field::SOURCE..field::SOURCE + TEXT_FIELDS as u8 {
            let span = raw.texts[usize::from(field)];
            let missing = if field == field::SOURCE { 0 } else { Span::ABSENT };
            match base.get(span.at as usize..) {
                Some(readable) if span.len != Span::ABSENT => self.texts.text(readable, span.len),
                _ => self.texts.text(base, missing),
            }
        }
    }

    /// The series of the event: normalised dimensions and the tags that the tenant declared.
    #[inline(always)]
    fn series_of(
        &mut self,
        batch: &mut Batch,
        raw: &RawEvent,
        base: &[u8],
        verdict: Verdict,
        message: &Message,
    ) -> u32 {
        self.key.clear();
        for at in 0..SERIES_DIMENSIONS as u8 {
            let span = raw.texts[usize::from(at)];
            let lower = matches!(at, field::PROVIDER | field::OPERATION | field::SERVICE_TIER | field::STATUS);
            match base.get(span.at as usize..) {
                Some(readable) if span.len != Span::ABSENT => self.key.dimension(readable, span.len as usize, lower),
                _ if at == field::STATUS => {
                    let name = verdict.status.name();
                    self.key.dimension(name.as_bytes(), name.len(), false);
                }
                _ => self.key.dimension(b"", 0, false),
            }
        }
        let declared = &message.tenant.declared_tags;
        let tags = if raw.tags.is_empty() || declared.is_empty() {
            Vec::new()
        } else {
            sorted_tags(raw, base, |key| is_declared(declared, key))
        };
        self.key.tags(&tags);
        let json = || if tags.is_empty() { Cow::Borrowed(&b"{}"[..]) } else { Cow::Owned(tags_json(&tags)) };
        let is_error = verdict.status.is_error();
        self.series.index_of(message.tenant.tenant_id, &self.key, is_error, json, &mut batch.series)
    }
}

/// The bytes from the start of a text on, and how many of them are the text; an absent one is empty.
#[inline(always)]
fn readable(span: Span, base: &[u8]) -> (&[u8], usize) {
    match base.get(span.at as usize..) {
        Some(readable) if span.len != Span::ABSENT => (readable, span.len as usize),
        _ => (&[], 0),
    }
}

fn is_declared(declared: &[String], key: &[u8]) -> bool {
    declared.iter().any(|name| name.as_bytes() == key)
}

fn sorted_tags<'a>(raw: &RawEvent, base: &'a [u8], keep: impl Fn(&[u8]) -> bool) -> Vec<(&'a [u8], &'a [u8])> {
    let pairs = raw
        .tags
        .iter()
        .map(|(key, value)| (bytes_of(*key, base).unwrap_or_default(), bytes_of(*value, base).unwrap_or_default()));
    let mut tags: Vec<(&[u8], &[u8])> = pairs.filter(|(key, _)| keep(key)).collect();
    tags.sort_unstable();
    tags
}

fn tags_json(tags: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    write_tags(tags, &mut out);
    out
}

fn write_tags(tags: &[(&[u8], &[u8])], out: &mut Vec<u8>) {
    out.push(b'{');
    for (at, (key, value)) in tags.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_string(key, out);
        out.push(b':');
        write_string(value, out);
    }
    out.push(b'}');
}
