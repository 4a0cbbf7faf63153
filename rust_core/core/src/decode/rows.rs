//! Makes rows, series and texts of judged events.

use crate::batch::{Batch, Label, Row, SERIES_DIMENSIONS, Span, TEXT_FIELDS};
use crate::limits::Limits;
use crate::reject::Code;
use crate::series::{SeriesKey, SeriesSet, event_key};
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
}

impl RowMaker {
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
        let texts = copy_texts(&mut batch.arena, raw, base);
        let tags = copy_tags(&mut batch.arena, raw, base, &message.tenant.declared_tags);
        if batch.arena.len() > limits.batch_text_bytes_max {
            batch.arena.truncate(arena_len);
            return Err(Fault::whole(Code::BatchFull));
        }
        let source = bytes_of(raw.texts[usize::from(field::SOURCE)], base).unwrap_or_default();
        let id = bytes_of(raw.texts[usize::from(field::ID)], base).unwrap_or_default();
        let series = self.series_of(batch, raw, base, verdict, message);
        batch.warnings.total_mismatch += u64::from(verdict.total_mismatch);
        batch.warnings.unknown_field += raw.unknown_fields;
        batch.rows.push(Row {
            tenant_id: message.tenant.tenant_id,
            ts_us: verdict.ts_us,
            event_key: event_key(source, id),
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
            tags,
            cost: [0; COST_LINES],
            cost_status: CostStatus::Unpriced,
            unpriced_tokens: 0,
            price_id: 0,
        });
        Ok(())
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
        let json = || if tags.is_empty() { Label::const_new("{}") } else { tags_label(&tags) };
        self.series.index_of(message.tenant.tenant_id, &self.key, json, &mut batch.series)
    }
}

/// Copy the texts of a row into the arena. The source is never absent: a missing one is empty.
#[inline(always)]
fn copy_texts(arena: &mut Vec<u8>, raw: &RawEvent, base: &[u8]) -> [Span; TEXT_FIELDS] {
    let mut texts = [Span::NONE; TEXT_FIELDS];
    texts[0] = Span { at: 0, len: 0 };
    for (at, span) in texts.iter_mut().enumerate() {
        if let Some(text) = bytes_of(raw.texts[SERIES_DIMENSIONS + at], base) {
            *span = Span { at: arena.len() as u32, len: text.len() as u32 };
            append(arena, base, raw.texts[SERIES_DIMENSIONS + at], text);
        }
    }
    texts
}

/// Append a text. A short one goes as one block of fixed size, cut afterwards: ten calls of `memcpy` an event cost more
/// than the bytes.
#[inline(always)]
fn append(out: &mut Vec<u8>, base: &[u8], span: Span, text: &[u8]) {
    const BLOCK: usize = 32;
    let from = span.at as usize;
    match base.get(from..from + BLOCK) {
        Some(block) if text.len() <= BLOCK => {
            let end = out.len() + text.len();
            out.extend_from_slice(block);
            out.truncate(end);
        }
        _ => out.extend_from_slice(text),
    }
}

/// Write the undeclared tags into the arena as a JSON object, keys sorted.
#[inline(always)]
fn copy_tags(arena: &mut Vec<u8>, raw: &RawEvent, base: &[u8], declared: &[String]) -> Span {
    if raw.tags.is_empty() {
        return Span::NONE;
    }
    let tags = sorted_tags(raw, base, |key| !is_declared(declared, key));
    if tags.is_empty() {
        return Span::NONE;
    }
    let at = arena.len();
    write_tags(&tags, arena);
    Span { at: at as u32, len: (arena.len() - at) as u32 }
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

fn tags_label(tags: &[(&[u8], &[u8])]) -> Label {
    let mut out = Vec::new();
    write_tags(tags, &mut out);
    Label::from_utf8(&out).unwrap_or_default()
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
