//! `usage_1m`: fixed numbers at fixed places, then two sketches.

use super::columns::DELTA_COLUMNS;
use super::writer::{HEADER, TRAILER, pg_us};
use crate::delta::{DeltaRow, Deltas, SUMS, Sums, take_part};

/// Field count, tenant_id, bucket, series_id, kind, the sums, each with its length.
const FIXED: usize = SUMS_AT + 12 * SUMS;
const TENANT_AT: usize = 6;
const BUCKET_AT: usize = 14;
const SERIES_AT: usize = 26;
const KIND_AT: usize = 38;
/// Length of the first sum.
const SUMS_AT: usize = 40;

/// Everything but the values: they are the same in every row.
const TEMPLATE: [u8; FIXED] = template();

const fn template() -> [u8; FIXED] {
    let mut bytes = [0; FIXED];
    bytes[1] = DELTA_COLUMNS.len() as u8;
    // The last byte of each length.
    bytes[TENANT_AT - 1] = 4;
    bytes[BUCKET_AT - 1] = 8;
    bytes[SERIES_AT - 1] = 8;
    bytes[KIND_AT - 1] = 2;
    let mut i = 0;
    while i < SUMS {
        bytes[SUMS_AT + 12 * i + 3] = 8;
        i += 1;
    }
    bytes
}

/// The rows as COPY of [`DELTA_COLUMNS`]; `kind` is 0 for usage and 1 for a correction.
pub fn copy_deltas(deltas: &Deltas, kind: i16) -> Vec<u8> {
    let size = deltas.rows.len() * (FIXED + 8) + deltas.blobs.len() + deltas.wide.len() * FIXED;
    let mut out = Vec::with_capacity(HEADER.len() + size + TRAILER.len());
    out.extend_from_slice(&HEADER);
    for (i, row) in deltas.rows.iter().enumerate() {
        let sketches = [deltas.blob(row.latency), deltas.blob(row.ttft)];
        if deltas.wide.is_empty() || !deltas.wide.contains_key(&i) {
            put_row(&mut out, row, kind, &row.sums, sketches);
        } else {
            put_parts(&mut out, row, kind, deltas.sums(i), sketches);
        }
    }
    out.extend_from_slice(&TRAILER);
    out
}

/// Sums beyond an int8 become several rows; the first of them carries the sketches.
#[cold]
fn put_parts(out: &mut Vec<u8>, row: &DeltaRow, kind: i16, mut rest: [i128; SUMS], mut sketches: [&[u8]; 2]) {
    while rest.iter().any(|sum| *sum != 0) {
        put_row(out, row, kind, &take_part(&mut rest), std::mem::take(&mut sketches));
    }
}

#[inline]
fn put_row(out: &mut Vec<u8>, row: &DeltaRow, kind: i16, sums: &Sums, sketches: [&[u8]; 2]) {
    let mut fixed = TEMPLATE;
    fixed[TENANT_AT..TENANT_AT + 4].copy_from_slice(&row.key.tenant_id.to_be_bytes());
    fixed[BUCKET_AT..BUCKET_AT + 8].copy_from_slice(&pg_us(row.key.bucket_us).to_be_bytes());
    fixed[SERIES_AT..SERIES_AT + 8].copy_from_slice(&row.key.series_id.to_be_bytes());
    fixed[KIND_AT..KIND_AT + 2].copy_from_slice(&kind.to_be_bytes());
    for (field, sum) in fixed[SUMS_AT..].chunks_exact_mut(12).zip(sums) {
        field[4..].copy_from_slice(&sum.to_be_bytes());
    }
    out.extend_from_slice(&fixed);
    for sketch in sketches {
        out.extend_from_slice(&(sketch.len() as u32).to_be_bytes());
        out.extend_from_slice(sketch);
    }
}
