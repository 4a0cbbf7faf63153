//! Rows that leave a batch, and rows looked at alone.

use crate::batch::{Batch, MessageCount, Row};
use crate::reject::{Code, Reject};

/// A row index that the batch does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row} is not among the {rows} rows of the batch")]
pub struct RowError {
    /// What was asked for.
    pub row: usize,
    /// What there is.
    pub rows: usize,
}

/// Bytes of a payload that a dead letter keeps. Every field at its bound, all of it escaped, is a little more.
const PAYLOAD_BYTES_MAX: usize = 1 << 16;

impl Batch {
    /// Remove rows by index and count them as duplicates.
    pub fn drop_rows(&mut self, rows: &[usize]) -> Result<(), RowError> {
        let leaving = self.take_rows(rows)?;
        for row in leaving {
            self.tally_mut(row.tenant_id, row.received_at_us).duplicate += 1;
            self.count_mut(row.message).duplicate += 1;
        }
        Ok(())
    }

    /// Turn rows by index into rejects. Their payload is written again from the columns, in canonical form, so that
    /// it can be read and replayed like any other.
    pub fn poison_rows(&mut self, rows: &[usize], code: Code, detail: &str) -> Result<(), RowError> {
        let leaving = self.take_rows(rows)?;
        for row in leaving {
            let mut payload = self.canonical_json(&row);
            let payload_truncated = payload.len() > PAYLOAD_BYTES_MAX;
            payload.truncate(PAYLOAD_BYTES_MAX);
            let reject = Reject {
                tenant_id: row.tenant_id,
                received_at_us: row.received_at_us,
                message: row.message,
                ordinal: row.ordinal,
                position: row.position,
                at_byte: -1,
                code,
                field: "".into(),
                detail: detail.into(),
                origin: self.origins.get(row.message as usize).cloned().unwrap_or_default(),
                payload: payload.into_boxed_slice(),
                payload_truncated,
            };
            self.rejects.push(reject);
            self.tally_mut(row.tenant_id, row.received_at_us).rejected += 1;
            self.count_mut(row.message).rejected += 1;
        }
        Ok(())
    }

    /// Take rows out by index, in any order; a row named twice leaves once.
    fn take_rows(&mut self, rows: &[usize]) -> Result<Vec<Row>, RowError> {
        let mut leaves = vec![false; self.rows.len()];
        for row in rows {
            *leaves.get_mut(*row).ok_or(RowError { row: *row, rows: self.rows.len() })? = true;
        }
        let mut at = 0;
        let leaving = self.rows.extract_if(.., |_| {
            at += 1;
            leaves[at - 1]
        });
        Ok(leaving.collect())
    }

    /// Rows `[start, stop)` alone, without rejects, tallies and counts. The range is cut to what there is.
    pub fn slice(&self, start: usize, stop: usize) -> Batch {
        let stop = stop.min(self.rows.len());
        let mut out = Batch {
            rows: self.rows[start.min(stop)..stop].to_vec(),
            origins: self.origins.clone(),
            counts: vec![MessageCount::default(); self.counts.len()],
            ..Batch::default()
        };
        let mut new_index = vec![u32::MAX; self.series.len()];
        for row in &mut out.rows {
            let index = &mut new_index[row.series as usize];
            if *index == u32::MAX {
                *index = out.series.len() as u32;
                out.series.push_from(&self.series, row.series as usize);
            }
            row.series = *index;
            row.texts = row.texts.copy(&self.arena, &mut out.arena);
        }
        out
    }
}
