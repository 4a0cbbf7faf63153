//! Deltas added to deltas, and taken back.

use super::sums::{SUMS, WideSums, add_wide, narrow};
use super::{Blob, DeltaRow, Deltas, Key};
use crate::sketch::{Histogram, SketchError};

/// One side of a merge: deltas, the next row, and the sign they count with.
struct Side<'a> {
    deltas: &'a Deltas,
    at: usize,
    sign: i128,
}

impl Side<'_> {
    fn key(&self) -> Option<Key> {
        self.deltas.rows.get(self.at).map(|row| row.key)
    }
}

impl Deltas {
    /// The sum of two; rows that come to nothing vanish.
    pub fn merge(&self, other: &Deltas) -> Result<Deltas, SketchError> {
        combine([Side { deltas: self, at: 0, sign: 1 }, Side { deltas: other, at: 0, sign: 1 }])
    }

    /// What takes these back.
    pub fn negate(&self) -> Result<Deltas, SketchError> {
        let nothing = Deltas::default();
        combine([Side { deltas: self, at: 0, sign: -1 }, Side { deltas: &nothing, at: 0, sign: 1 }])
    }
}

fn combine(mut sides: [Side; 2]) -> Result<Deltas, SketchError> {
    let mut out = Deltas::default();
    out.rows.reserve(sides.iter().map(|side| side.deltas.rows.len()).max().unwrap_or(0));
    let mut latency = Histogram::default();
    let mut ttft = Histogram::default();
    while let Some(key) = sides.iter().filter_map(Side::key).min() {
        let mut sums = [0; SUMS];
        latency.clear();
        ttft.clear();
        for side in sides.iter_mut().filter(|side| side.key() == Some(key)) {
            let row = &side.deltas.rows[side.at];
            add_wide(&mut sums, &side.deltas.sums(side.at).map(|sum| sum * side.sign));
            latency.add_blob(side.deltas.blob(row.latency), side.sign)?;
            ttft.add_blob(side.deltas.blob(row.ttft), side.sign)?;
            side.at += 1;
        }
        out.push(key, &sums, &latency, &ttft)?;
    }
    Ok(out)
}

impl Deltas {
    fn push(&mut self, key: Key, sums: &WideSums, latency: &Histogram, ttft: &Histogram) -> Result<(), SketchError> {
        let latency = self.put(latency)?;
        let ttft = self.put(ttft)?;
        if latency.len == 0 && ttft.len == 0 && sums.iter().all(|sum| *sum == 0) {
            return Ok(());
        }
        let narrow = narrow(sums);
        if narrow.is_none() {
            self.wide.insert(self.rows.len(), Box::new(*sums));
        }
        self.rows.push(DeltaRow { key, sums: narrow.unwrap_or([0; SUMS]), latency, ttft });
        Ok(())
    }

    fn put(&mut self, histogram: &Histogram) -> Result<Blob, SketchError> {
        let at = self.blobs.len();
        histogram.encode(&mut self.blobs)?;
        Ok(Blob { at, len: self.blobs.len() - at })
    }
}
