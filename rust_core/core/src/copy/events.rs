//! `usage_events`: the widest and hottest table.
//!
//! ```text
//! head: 66 bytes at fixed places │ 10 texts + tags, copied from the arena │ 17 numbers, most NULL when zero │ tail
//! rows ─▶ desk (16 kB, stays in the cache) ─▶ stream (reserved once, each page touched once)
//! ```
//! Short texts and numbers are written by moves of fixed size that run over their end; what follows overwrites the
//! excess, and [`SLACK`] catches it behind the last row of the desk.

use super::columns::EVENT_COLUMNS;
use super::writer::{HEADER, JSONB_VERSION, NULL, TRAILER, pg_us};
use crate::batch::{ABSENT_I64, Batch, Row, Span, TEXT_FIELDS};

/// Field count, tenant_id, ts, event_key, series_id, received_at, each with its length.
const HEAD: usize = 2 + 8 + 12 + 20 + 12 + 12;
/// Texts up to this length are copied by one move of this size.
const SHORT: usize = 32;
/// Bytes behind the last row that a move of fixed size may touch.
const SLACK: usize = SHORT;
const ROW_INDEX: usize = 8;
/// cost_status with its length.
const STATUS: usize = 6;
/// Bytes of a row at most, apart from the texts themselves.
const ROW_MAX: usize = ROW_INDEX + HEAD + 4 * TEXT_FIELDS + 5 + 12 * NUMBERS + STATUS;
/// Rows are put together in a space of this size: it stays in the first cache.
const DESK_BYTES: usize = 16 << 10;

/// The rows as COPY of [`EVENT_COLUMNS`]; `with_row` puts an int4 row index in front.
pub fn copy_events(batch: &Batch, with_row: bool) -> Vec<u8> {
    // An upper bound but for texts that rows share; the part that is not used is never touched.
    let bound = HEADER.len() + batch.rows.len() * ROW_MAX + batch.arena.len() + TRAILER.len();
    let mut out = Vec::with_capacity(bound);
    out.extend_from_slice(&HEADER);
    // Rows meet series in no order, and a series is long: read through the list itself, one miss of the cache after
    // another took 60 % of this function.
    let series_ids: Vec<i64> = batch.series.iter().map(|series| series.series_id).collect();
    let mut desk = Desk { space: vec![0; DESK_BYTES], at: 0 };
    for (i, row) in batch.rows.iter().enumerate() {
        if i % TOUCHED_ROWS == 0 {
            touch(&batch.rows[i..], &batch.arena);
        }
        desk.make_room(row_bound(row), &mut out);
        desk.put((EVENT_COLUMNS.len() as i16 + i16::from(with_row)).to_be_bytes());
        if with_row {
            desk.put(4u32.to_be_bytes());
            desk.put((i as i32).to_be_bytes());
        }
        desk.head(row, series_ids[row.series as usize]);
        desk.body(row, &batch.arena);
    }
    out.extend_from_slice(&desk.space[..desk.at]);
    out.extend_from_slice(&TRAILER);
    out
}

/// Rows whose texts are brought into the cache together.
const TOUCHED_ROWS: usize = 32;
/// Bytes of text of a usual event, and of a line of the cache.
const TOUCHED_BYTES: usize = 192;
const LINE: usize = 64;

/// Read a byte of every line of the texts of the next rows. They lie in order of arrival, not of the rows; read one
/// after another while writing, they were half of this function, and here the processor waits for many at once.
#[inline]
fn touch(rows: &[Row], arena: &[u8]) {
    let mut sum = 0u8;
    for row in rows.iter().take(TOUCHED_ROWS) {
        let at = row.texts[0].at as usize;
        for line in (at..at + TOUCHED_BYTES).step_by(LINE) {
            sum = sum.wrapping_add(arena.get(line).copied().unwrap_or(0));
        }
    }
    std::hint::black_box(sum);
}

/// Bytes that a row takes at most.
#[inline]
fn row_bound(row: &Row) -> usize {
    let length = |span: &Span| if span.len == Span::ABSENT { 0 } else { span.len as usize };
    ROW_MAX + length(&row.tags) + row.texts.iter().map(length).sum::<usize>()
}

const fn number_size(present: bool) -> usize {
    if present { 12 } else { 4 }
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

fn half(text: &[u8; SHORT], at: usize) -> [u8; 16] {
    std::array::from_fn(|i| text[at + i])
}

/// Rows in the making.
struct Desk {
    space: Vec<u8>,
    /// Where the next field goes.
    at: usize,
}

impl Desk {
    /// Clear the desk when a row of `bytes` might not fit any more.
    #[inline]
    fn make_room(&mut self, bytes: usize, out: &mut Vec<u8>) {
        if self.at + bytes + SLACK > self.space.len() {
            out.extend_from_slice(&self.space[..self.at]);
            self.at = 0;
            if bytes + SLACK > self.space.len() {
                self.space.resize(bytes + SLACK, 0);
            }
        }
    }

    #[inline(always)]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.space[self.at..self.at + N].copy_from_slice(&bytes);
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
        match (arena[from..].first_chunk::<SHORT>(), self.space[self.at..].first_chunk_mut::<SHORT>()) {
            (Some(text), Some(place)) if length <= SHORT => {
                // As numbers: two copies in two branches become one call of memcpy, which is what this avoids.
                let (low, high) = (u128::from_ne_bytes(half(text, 0)), u128::from_ne_bytes(half(text, 16)));
                place[..16].copy_from_slice(&low.to_ne_bytes());
                place[16..].copy_from_slice(&high.to_ne_bytes());
            }
            _ => self.space[self.at..self.at + length].copy_from_slice(&arena[from..from + length]),
        }
        self.at += length;
    }

    /// Length and value in one move of 16 bytes; a NULL steps over the value.
    #[inline(always)]
    fn number(&mut self, value: i64, present: bool) {
        let length = if present { 8u32 } else { u32::MAX };
        let field = u128::from(length) << 96 | u128::from(value as u64) << 32;
        self.space[self.at..self.at + 16].copy_from_slice(&field.to_be_bytes());
        self.at += number_size(present);
    }
}
