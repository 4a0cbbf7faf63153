//! Bytes of a sketch: written, read, merged.

use super::bins::{BINS, Bin, bin_of};
use super::error::SketchError;

/// The only version so far.
const VERSION: u8 = 1;
/// Numbers below this at the border of a pair are versions; bins are stored with this added.
const MARKERS: u64 = 16;

/// Signed counts of every bin; wide, so that the order of merging cannot decide about an overflow.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Box<[i128; BINS]>,
    /// The first and one past the last bin that was touched.
    start: usize,
    end: usize,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { counts: Box::new([0; BINS]), start: BINS, end: 0 }
    }
}

impl Histogram {
    /// Add a signed count to a bin.
    pub fn add(&mut self, bin: Bin, count: i128) {
        let at = usize::from(bin);
        self.counts[at] += count;
        self.start = self.start.min(at);
        self.end = self.end.max(at + 1);
    }

    /// Add every pair of a blob, `sign` times.
    pub fn add_blob(&mut self, blob: &[u8], sign: i128) -> Result<(), SketchError> {
        let mut at = 0;
        if blob.first().is_some_and(|first| *first != VERSION) {
            return Err(SketchError::UnknownVersion { at });
        }
        while at < blob.len() {
            if u64::from(blob[at]) < MARKERS {
                if blob[at] != VERSION {
                    return Err(SketchError::UnknownVersion { at });
                }
                at += 1;
                continue;
            }
            let bin = take_leb128(blob, &mut at)?.wrapping_sub(MARKERS);
            let count = take_leb128(blob, &mut at)?;
            if bin >= BINS as u64 {
                return Err(SketchError::UnknownBin { bin });
            }
            self.add(bin as Bin, sign * i128::from(unzigzag(count)));
        }
        Ok(())
    }

    /// Bins with a count, ascending.
    pub fn pairs(&self) -> impl Iterator<Item = (Bin, i128)> + '_ {
        (self.start.min(self.end)..self.end).map(|at| (at as Bin, self.counts[at])).filter(|(_, count)| *count != 0)
    }

    /// Sum of the counts.
    pub fn total(&self) -> i128 {
        self.pairs().map(|(_, count)| count).sum()
    }

    /// Append the canonical blob; nothing when every count is zero.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), SketchError> {
        let start = out.len();
        put_version(out);
        let empty = out.len();
        for (bin, count) in self.pairs() {
            put_pair(out, bin, i64::try_from(count).map_err(|_| SketchError::CountOverflow)?);
        }
        if out.len() == empty {
            out.truncate(start);
        }
        Ok(())
    }

    /// Forget everything, at the price of what was touched.
    pub fn clear(&mut self) {
        self.counts[self.start.min(self.end)..self.end].fill(0);
        self.start = BINS;
        self.end = 0;
    }
}

/// The canonical blob of some values.
pub fn encode_values(values_us: &[u64]) -> Vec<u8> {
    let mut bins: Vec<Bin> = values_us.iter().map(|value| bin_of(*value)).collect();
    bins.sort_unstable();
    let mut out = Vec::new();
    if !bins.is_empty() {
        put_version(&mut out);
        put_pairs(&mut out, &bins);
    }
    out
}

/// The canonical blob of the sum of some blobs.
pub fn merge<'a>(blobs: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, SketchError> {
    let mut sum = Histogram::default();
    for blob in blobs {
        sum.add_blob(blob, 1)?;
    }
    let mut out = Vec::new();
    sum.encode(&mut out)?;
    Ok(out)
}

/// The signed number of values in a blob.
pub fn count(blob: &[u8]) -> Result<i128, SketchError> {
    let mut histogram = Histogram::default();
    histogram.add_blob(blob, 1)?;
    Ok(histogram.total())
}

/// Append the version marker that opens a blob.
pub fn put_version(out: &mut Vec<u8>) {
    out.push(VERSION);
}

/// Append one pair for every run of equal bins; the bins are sorted.
pub fn put_pairs(out: &mut Vec<u8>, sorted_bins: &[Bin]) {
    for run in sorted_bins.chunk_by(|a, b| a == b) {
        put_pair(out, run[0], run.len() as i64);
    }
}

#[inline]
fn put_pair(out: &mut Vec<u8>, bin: Bin, count: i64) {
    put_leb128(out, u64::from(bin) + MARKERS);
    put_leb128(out, zigzag(count));
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[inline]
fn put_leb128(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_leb128(blob: &[u8], at: &mut usize) -> Result<u64, SketchError> {
    let start = *at;
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *blob.get(*at).ok_or(SketchError::Truncated)?;
        *at += 1;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            break;
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(SketchError::TooLarge { at: start })
}
