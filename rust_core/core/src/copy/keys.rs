//! The keys of the rows alone: what a flush asks the database about before it writes.

use super::writer::CopyWriter;
use crate::batch::Batch;

/// Bytes of a row: field count, then row index, tenant, moment and key with their lengths.
const ROW: usize = 2 + 8 + 8 + 12 + 20;

/// (row_no, tenant_id, ts, event_key) of every row, in the order of the rows.
pub fn copy_keys(batch: &Batch) -> Vec<u8> {
    let mut writer = CopyWriter::new(batch.rows.len() * ROW);
    for (at, row) in batch.rows.iter().enumerate() {
        writer.row(4);
        writer.int4(at as i32);
        writer.int4(row.tenant_id);
        writer.timestamptz(row.ts_us);
        writer.bytea(&row.event_key.to_be_bytes());
    }
    writer.finish()
}
