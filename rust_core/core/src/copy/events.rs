//! `usage_events`: the widest and hottest table.
//!
//! ```text
//! head: 66 bytes at fixed places │ 10 texts + tags, one copy from the arena │ 17 numbers, most NULL when zero │ tail
//! rows ─▶ desk (16 kB, stays in the cache) ─▶ stream (reserved once, each page touched once)
//! ```
//! Numbers are written by moves of fixed size that run over their end; what follows overwrites the excess, and [`SLACK`] catches it behind the last row of the desk.

use super::columns::EVENT_COLUMNS;
use super::writer::{HEADER, TRAILER, pg_us};
use crate::batch::{ABSENT_I64, Batch, Row};
use crate::tokens::LINE_OF_KIND;

/// Field count, tenant_id, ts, event_key, series_id, received_at, each with its length.
const HEAD: usize = 2 + 8 + 12 + 20 + 12 + 12;
/// Bytes behind the last row that a move of fixed size may touch.
const SLACK: usize = NUMBERS_SPACE;
const ROW_INDEX: usize = 8;
/// cost_status with its length.
const STATUS: usize = 6;
/// Bytes of a row at most, apart from the texts.
const ROW_MAX: usize = ROW_INDEX + HEAD + 12 * NUMBERS + STATUS;
/// Rows are put together in a space of this size: it stays in the first cache.
const DESK_BYTES: usize = 16 << 10;

/// The rows as COPY of [`EVENT_COLUMNS`]; `with_row` puts an int4 row index in front.
pub fn copy_events(batch: &Batch, with_row: bool) -> Vec<u8> {
    // An upper bound; the part that is not used is never touched.
    let bound = HEADER.len() + batch.rows.len() * ROW_MAX + batch.arena.len() + TRAILER.len();
    let mut out = Vec::with_capacity(bound);
    out.extend_from_slice(&HEADER);
    // Rows meet series in no order, and a series is long: read through the list itself, one miss of the cache after
    // another took 60 % of this function.
    let series_ids: Vec<i64> = batch.series.heads().iter().map(|series| series.series_id).collect();
    let mut desk = Desk { space: vec![0; DESK_BYTES], at: 0 };
    for (i, row) in batch.rows.iter().enumerate() {
        if i % TOUCHED_ROWS == 0 {
            touch(&batch.rows[i..], &batch.arena);
        }
        desk.make_room(ROW_MAX + row.texts.len(), &mut out);
        desk.put((EVENT_COLUMNS.len() as i16 + i16::from(with_row)).to_be_bytes());
        if with_row {
            desk.put(4u32.to_be_bytes());
            desk.put((i as i32).to_be_bytes());
        }
        desk.head(row, series_ids[row.series as usize]);
        desk.texts(row.texts.of(&batch.arena));
        desk.numbers(row);
    }
    out.extend_from_slice(&desk.space[..desk.at]);
    out.extend_from_slice(&TRAILER);
    out
}

/// Rows whose texts are brought into the cache together.
const TOUCHED_ROWS: usize = 32;
/// Bytes of a line of the cache.
const LINE: usize = 64;

/// Read a byte of every line of the texts of the next rows. They lie in order of arrival, not of the rows; read one
/// after another while writing, they were half of this function, and here the processor waits for many at once.
#[inline]
fn touch(rows: &[Row], arena: &[u8]) {
    let mut sum = 0u8;
    for row in rows.iter().take(TOUCHED_ROWS) {
        for byte in row.texts.of(arena).iter().step_by(LINE) {
            sum = sum.wrapping_add(*byte);
        }
    }
    std::hint::black_box(sum);
}

/// The token kinds whose columns, and those of their cost lines, are never NULL.
const INPUT: usize = 0;
const OUTPUT: usize = 6;
/// Number of int8 fields from the first token kind on.
const NUMBERS: usize = 18;
/// All of them, cost_status, and a move behind the last: a power of two of places to begin at, and one move.
const NUMBERS_SPACE: usize = 256 + 16;
const _: () = assert!(12 * NUMBERS + STATUS <= 256);

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
    fn texts(&mut self, texts: &[u8]) {
        self.space[self.at..self.at + texts.len()].copy_from_slice(texts);
        self.at += texts.len();
    }

    /// Everything behind the tags. Zero is NULL in the columns that may be NULL.
    #[inline(always)]
    fn numbers(&mut self, row: &Row) {
        let Some(space) = self.space[self.at..].first_chunk_mut::<NUMBERS_SPACE>() else {
            unreachable!("the slack of the desk is as large")
        };
        let mut at = 0;
        for (kind, count) in row.tokens.iter().enumerate() {
            at += number(space, at, i64::from(*count), *count != 0 || kind == INPUT || kind == OUTPUT);
        }
        at += number(space, at, i64::from(row.web_searches), row.web_searches != 0);
        at += number(space, at, row.latency_us, row.latency_us != ABSENT_I64);
        at += number(space, at, row.ttft_us, row.ttft_us != ABSENT_I64);
        for (line, cost) in row.cost.iter().enumerate() {
            at += number(space, at, *cost, *cost != 0 || line == LINE_OF_KIND[INPUT] || line == LINE_OF_KIND[OUTPUT]);
        }
        let status = u64::from(2u32) << 32 | (row.cost_status as u64) << 16;
        space[at & 255..][..8].copy_from_slice(&status.to_be_bytes());
        at += STATUS;
        at += number(space, at, row.price_id, row.price_id != 0);
        self.at += at;
    }
}

/// Length and value in one move of 16 bytes; a NULL steps over the value. Gives the length of the field. The mask
/// changes nothing, since `at` never reaches it, but lets the compiler see that the move stays in the space.
#[inline(always)]
fn number(space: &mut [u8; NUMBERS_SPACE], at: usize, value: i64, present: bool) -> usize {
    let length = if present { 8u32 } else { u32::MAX };
    let field = u128::from(length) << 96 | u128::from(value as u64) << 32;
    space[at & 255..][..16].copy_from_slice(&field.to_be_bytes());
    if present { 12 } else { 4 }
}
