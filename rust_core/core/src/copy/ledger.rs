//! The books of a flush: `rollup_marks` and `ingest_ledger`.

use super::writer::CopyWriter;
use crate::batch::Batch;

const HOUR_US: i64 = 3_600_000_000;

/// `rollup_marks`: one row for every tenant and hour that has events.
pub fn copy_marks(batch: &Batch, flush_id: i64) -> Vec<u8> {
    let mut hours: Vec<(i32, i64)> =
        batch.rows.iter().map(|row| (row.tenant_id, row.ts_us.div_euclid(HOUR_US))).collect();
    hours.dedup();
    hours.sort_unstable();
    hours.dedup();
    let mut writer = CopyWriter::new(hours.len() * 34);
    for (tenant_id, hour) in hours {
        writer.row(3);
        writer.int4(tenant_id);
        writer.timestamptz(hour * HOUR_US);
        writer.int8(flush_id);
    }
    writer.finish()
}

/// `ingest_ledger`: one row for every tally.
pub fn copy_ledger(batch: &Batch, flush_id: i64) -> Vec<u8> {
    let mut writer = CopyWriter::new(batch.tallies.len() * 82);
    for (tally, stored) in batch.accounts() {
        writer.row(7);
        writer.int4(tally.tenant_id);
        writer.timestamptz(tally.hour_us);
        writer.int8(flush_id);
        writer.int8(tally.received);
        writer.int8(stored);
        writer.int8(tally.duplicate);
        writer.int8(tally.rejected);
    }
    writer.finish()
}
