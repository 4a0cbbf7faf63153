//! Deltas: signed partial sums for tenant × series × minute, the only thing that rollups are made of.
//!
//! ```text
//! Batch ──rollup──▶ Deltas ──copy──▶ usage_1m          rollup(a ∪ b) == merge(rollup(a), rollup(b))
//!                     │ ▲
//!               negate└─┴merge                         merge(d, negate(d)) is empty
//! ```
//! Sums are int8 wherever they fit. A row whose sums do not is kept wide (i128) beside the others and written as
//! several rows, which add up like any rows of one bucket do.

mod combine;
mod rollup;
mod sums;

pub use rollup::rollup;
pub(crate) use sums::take_part;
pub use sums::{SUMS, Sums, WideSums};

use std::collections::BTreeMap;

use crate::tokens::{COST_COLUMNS, TOKEN_COLUMNS};

/// A piece of [`Deltas::blobs`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blob {
    /// First byte.
    pub at: usize,
    /// Bytes.
    pub len: usize,
}

/// Where a delta belongs. The order is the order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Owner.
    pub tenant_id: i32,
    /// Start of the minute, microseconds since the epoch.
    pub bucket_us: i64,
    /// Which series of the tenant.
    pub series_id: i64,
}

/// One partial sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaRow {
    /// Where it belongs.
    pub key: Key,
    /// The sums; all zero when the row is in [`Deltas::wide`].
    pub sums: Sums,
    /// Canonical sketch of the latencies.
    pub latency: Blob,
    /// Canonical sketch of the times to first token.
    pub ttft: Blob,
}

/// Partial sums with one row a key, ascending, none of them empty.
#[derive(Clone, Debug, Default)]
pub struct Deltas {
    /// The rows.
    pub rows: Vec<DeltaRow>,
    /// Bytes of the sketches.
    pub blobs: Vec<u8>,
    /// Rows, by index, of which a sum does not fit an int8.
    pub wide: BTreeMap<usize, Box<WideSums>>,
}

impl Deltas {
    /// The bytes of a sketch.
    pub fn blob(&self, blob: Blob) -> &[u8] {
        &self.blobs[blob.at..blob.at + blob.len]
    }

    /// The sums of a row, whatever their size.
    pub fn sums(&self, row: usize) -> WideSums {
        match self.wide.get(&row) {
            Some(wide) => **wide,
            None => self.rows[row].sums.map(i128::from),
        }
    }

    /// Sums over all rows, named like those of a batch.
    pub fn totals(&self) -> Vec<(&'static str, i128)> {
        let mut total = [0; SUMS];
        for row in 0..self.rows.len() {
            sums::add_wide(&mut total, &self.sums(row));
        }
        let tokens = TOKEN_COLUMNS.into_iter().zip(total[sums::TOKENS..].iter().copied());
        let costs = COST_COLUMNS.into_iter().zip(total[sums::COSTS..].iter().copied());
        [("events", total[sums::EVENTS]), ("errors", total[sums::ERRORS])]
            .into_iter()
            .chain(tokens)
            .chain(costs)
            .chain([("unpriced_events", total[sums::UNPRICED_EVENTS])])
            .collect()
    }
}

impl PartialEq for Deltas {
    /// Equal rows with equal sketches; where the bytes of a sketch lie does not matter.
    fn eq(&self, other: &Deltas) -> bool {
        let same = |(a, b): (&DeltaRow, &DeltaRow)| {
            a.key == b.key
                && a.sums == b.sums
                && self.blob(a.latency) == other.blob(b.latency)
                && self.blob(a.ttft) == other.blob(b.ttft)
        };
        self.wide == other.wide && self.rows.len() == other.rows.len() && self.rows.iter().zip(&other.rows).all(same)
    }
}
