//! `usage_events`: the widest and hottest table, so its rows are written into one buffer of known size.
//!
//! ```text
//! head: 66 bytes at fixed places │ 10 texts + tags, copied from the arena │ 17 numbers, most NULL when zero │ tail
//! ```
//! Short texts and numbers are written by moves of fixed size that run over their end; what follows overwrites the
//! excess, and [`SLACK`] catches it behind the last row.

use super::columns::EVENT_COLUMNS;
use super::writer::{HEADER, JSONB_VERSION, NULL, TRAILER, pg_us};
use crate::batch::{ABSENT_I64, Batch, Row, Span};

/// Field count, tenant_id, ts, event_key, series_id, received_at, each with its length.
const HEAD: usize = 2 + 8 + 12 + 20 + 12 + 12;
/// Texts up to this length are copied by one move of this size.
const SHORT: usize = 32;
/// Bytes behind the last row that a move of fixed size may touch.
const SLACK: usize = SHORT;
const ROW_INDEX: usize = 8;
/// cost_status with its length.
const STATUS: usize = 6;

const fn number_size(present: bool) -> usize {
    if present { 12 } else { 4 }
}

/// The rows as COPY of [`EVENT_COLUMNS`]; `with_row` puts an int4 row index in front.
pub fn copy_events(batch: &Batch, with_row: bool) -> Vec<u8> {
    let index = if with_row { ROW_INDEX } else { 0 };
    let rows: usize = batch.rows.iter().map(|row| row_size(row) + index).sum();
    let total = HEADER.len() + rows + TRAILER.len();
    let mut place = Place { out: vec![0; total + SLACK], at: 0 };
    place.put(HEADER);
    for (i, row) in batch.rows.iter().enumerate() {
        let series_id = batch.series[row.series as usize].series_id;
        place.put((EVENT_COLUMNS.len() as i16 + i16::from(with_row)).to_be_bytes());
        if with_row {
            place.put(4u32.to_be_bytes());
            place.put((i as i32).to_be_bytes());
        }
        place.head(row, series_id);
        place.body(row, &batch.arena);
    }
    place.put(TRAILER);
    debug_assert_eq!(place.at, total);
    place.out.truncate(total);
    place.out
}

/// Bytes of a row without its index.
#[inline]
fn row_size(row: &Row) -> usize {
    let texts: usize = row.texts.iter().map(|span| 4 + length(*span)).sum();
    let tags = 4 + if row.tags.len == Span::ABSENT { 0 } else { 1 + row.tags.len as usize };
    let numbers: usize = nullable(row).iter().map(|(_, present)| number_size(*present)).sum();
    HEAD + texts + tags + numbers + STATUS
}

#[inline]
fn length(span: Span) -> usize {
    if span.len == Span::ABSENT { 0 } else { span.len as usize }
}

/// Number of int8 fields from the first token kind to the last cost line, and the price id.
const NUMBERS: usize = 18;
/// How many of them stand before cost_status.
const BEFORE_STATUS: usize = NUMBERS - 1;

/// The numbers in column order, each with whether it is stored. Zero is NULL where the column may be.
#[inline]
fn nullable(row: &Row) -> [(i64, bool); NUMBERS] {
    let token = |kind: usize| (i64::from(row.tokens[kind]), row.tokens[kind] != 0);
    let time = |value: i64| (value, value != ABSENT_I64);
    let cost = |line: usize| (row.cost[line], row.cost[line] != 0);
    [
        (i64::from(row.tokens[0]), true),
        token(1),
        token(2),
        token(3),
        token(4),
        token(5),
        (i64::from(row.tokens[6]), true),
        token(7),
        token(8),
        (i64::from(row.web_searches), row.web_searches != 0),
        time(row.latency_us),
        time(row.ttft_us),
        (row.cost[0], true),
        cost(1),
        cost(2),
        (row.cost[3], true),
        cost(4),
        (row.price_id, row.price_id != 0),
    ]
}

/// Where the next field goes.
struct Place {
    out: Vec<u8>,
    at: usize,
}

impl Place {
    #[inline(always)]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.out[self.at..self.at + N].copy_from_slice(&bytes);
        self.at += N;
    }

    #[inline(always)]
    fn head(&mut self, row: &Row, series_id: i64) {
        let mut head = [0u8; HEAD - 2];
        head[0..4].copy_from_slice(&4u32.to_be_bytes());
        head[4..8].copy_from_slice(&row.tenant_id.to_be_bytes());
        head[8..12].copy_from_slice(&8u32.to_be_bytes());
        head[12..20].copy_from_slice(&pg_us(row.ts_us).to_be_bytes());
        head[20..24].copy_from_slice(&16u32.to_be_bytes());
        head[24..40].copy_from_slice(&row.event_key.to_be_bytes());
        head[40..44].copy_from_slice(&8u32.to_be_bytes());
        head[44..52].copy_from_slice(&series_id.to_be_bytes());
        head[52..56].copy_from_slice(&8u32.to_be_bytes());
        head[56..64].copy_from_slice(&pg_us(row.received_at_us).to_be_bytes());
        self.put(head);
    }

    #[inline(always)]
    fn body(&mut self, row: &Row, arena: &[u8]) {
        for span in row.texts {
            self.span(span, arena);
        }
        if row.tags.len == Span::ABSENT {
            self.put(NULL);
        } else {
            self.put((row.tags.len + 1).to_be_bytes());
            self.put([JSONB_VERSION]);
            self.bytes(row.tags, arena);
        }
        let numbers = nullable(row);
        for (value, present) in &numbers[..BEFORE_STATUS] {
            self.number(*value, *present);
        }
        self.put(2u32.to_be_bytes());
        self.put((row.cost_status as i16).to_be_bytes());
        let (price_id, present) = numbers[BEFORE_STATUS];
        self.number(price_id, present);
    }

    #[inline(always)]
    fn span(&mut self, span: Span, arena: &[u8]) {
        // An absent length is all ones, which is NULL.
        self.put(span.len.to_be_bytes());
        if span.len != Span::ABSENT {
            self.bytes(span, arena);
        }
    }

    #[inline(always)]
    fn bytes(&mut self, span: Span, arena: &[u8]) {
        let (from, length) = (span.at as usize, span.len as usize);
        match arena.get(from..from + SHORT) {
            Some(short) if length <= SHORT => self.out[self.at..self.at + SHORT].copy_from_slice(short),
            _ => self.out[self.at..self.at + length].copy_from_slice(&arena[from..from + length]),
        }
        self.at += length;
    }

    /// Length and value in one move of 16 bytes; a NULL steps over the value.
    #[inline(always)]
    fn number(&mut self, value: i64, present: bool) {
        let length = if present { 8u32 } else { u32::MAX };
        let field = u128::from(length) << 96 | u128::from(value as u64) << 32;
        self.out[self.at..self.at + 16].copy_from_slice(&field.to_be_bytes());
        self.at += number_size(present);
    }
}
