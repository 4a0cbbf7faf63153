//! From the rows of a batch to its deltas.
//!
//! ```text
//! rows by (tenant, ts):  │ tenant 1, 09:00 │ tenant 1, 09:01 │ tenant 2, 09:00 │      runs: one tenant, one minute
//! in a run:  1. give every series that occurs a slot           (a table by series index: no hashing)
//!            2. order the slots by series_id → places
//!            3. add every row to its place, drop its latency bins into the place's stretch of a shared scratch
//!            4. sort each stretch and write it as a sketch
//! ```
//! A run is small, so its sums stay in the cache however large the batch is.

use super::sums::{SUMS, add, add_wide, narrow, sums_of};
use super::{Blob, DeltaRow, Deltas, Key};
use crate::batch::{ABSENT_I64, Batch, Row};
use crate::series_list::SeriesHead;
use crate::sketch::{Bin, bin_of, put_pairs, put_version};

const MINUTE_US: i64 = 60_000_000;

/// The deltas of a batch, whose rows are sorted by tenant and time.
pub fn rollup(batch: &Batch) -> Deltas {
    let mut work = Work { series: batch.series.heads().iter().map(Known::of).collect(), ..Work::default() };
    // At most one delta a row. What is not used of it is never touched, so it costs address space only; growing on the
    // way would copy every delta once more.
    let mut out = Deltas { rows: Vec::with_capacity(batch.rows.len()), ..Deltas::default() };
    let mut rest = &batch.rows[..];
    while let Some(first) = rest.first() {
        let bucket_us = first.ts_us.div_euclid(MINUTE_US) * MINUTE_US;
        let in_run = |row: &Row| row.tenant_id == first.tenant_id && row.ts_us < bucket_us + MINUTE_US;
        let length = rest.iter().position(|row| !in_run(row)).unwrap_or(rest.len());
        let (run, next) = rest.split_at(length);
        work.places(run);
        work.sum(run, Key { tenant_id: first.tenant_id, bucket_us, series_id: 0 }, &mut out);
        rest = next;
    }
    out.wide.retain(|row, wide| match narrow(wide) {
        Some(sums) => {
            out.rows[*row].sums = sums;
            false
        }
        None => true,
    });
    out
}

/// What a run must know of a series. Rows meet series in no order, so it is kept small for the cache.
struct Known {
    series_id: i64,
    /// The slot in the run that wrote it.
    slot: u32,
    run: u32,
    is_error: bool,
}

impl Known {
    fn of(series: &SeriesHead) -> Known {
        Known { series_id: series.series_id, slot: 0, run: 0, is_error: series.is_error }
    }
}

/// Scratch space, reused from run to run.
#[derive(Default)]
struct Work {
    /// Counts the runs, so that slots need not be cleared.
    run: u32,
    /// By series index.
    series: Vec<Known>,
    /// By slot: series id, slot.
    slots: Vec<(i64, u32)>,
    /// By slot: the place among the run's deltas.
    place_of: Vec<u32>,
    /// By row of the run: its slot.
    slot_of_row: Vec<u32>,
    /// By place.
    places: Vec<Place>,
    latency: Vec<Bin>,
    ttft: Vec<Bin>,
}

/// A delta in the making: its stretch of the bins, and how much of it is filled.
#[derive(Clone, Copy, Default)]
struct Place {
    series_id: i64,
    start: usize,
    rows: usize,
    latencies: usize,
    ttfts: usize,
}

impl Work {
    /// Steps 1 and 2.
    fn places(&mut self, run: &[Row]) {
        self.run += 1;
        self.slots.clear();
        self.slot_of_row.clear();
        for row in run {
            let series = &mut self.series[row.series as usize];
            if series.run != self.run {
                series.run = self.run;
                series.slot = self.slots.len() as u32;
                self.slots.push((series.series_id, series.slot));
            }
            self.slot_of_row.push(series.slot);
        }
        self.slots.sort_unstable();
        self.place_of.clear();
        self.place_of.resize(self.slots.len(), 0);
        self.places.clear();
        for (series_id, slot) in &self.slots {
            if self.places.last().is_none_or(|last| last.series_id != *series_id) {
                self.places.push(Place { series_id: *series_id, ..Place::default() });
            }
            self.place_of[*slot as usize] = self.places.len() as u32 - 1;
        }
    }

    /// Steps 3 and 4.
    fn sum(&mut self, run: &[Row], key: Key, out: &mut Deltas) {
        for slot in &self.slot_of_row {
            self.places[self.place_of[*slot as usize] as usize].rows += 1;
        }
        let mut start = 0;
        for place in &mut self.places {
            place.start = start;
            start += place.rows;
        }
        self.latency.resize(self.latency.len().max(start), 0);
        self.ttft.resize(self.ttft.len().max(start), 0);
        let base = out.rows.len();
        let empty = |place: &Place| DeltaRow {
            key: Key { series_id: place.series_id, ..key },
            sums: [0; SUMS],
            latency: Blob::default(),
            ttft: Blob::default(),
        };
        out.rows.extend(self.places.iter().map(empty));
        for (row, slot) in run.iter().zip(&self.slot_of_row) {
            let place_index = self.place_of[*slot as usize] as usize;
            let place = &mut self.places[place_index];
            if row.latency_us != ABSENT_I64 {
                self.latency[place.start + place.latencies] = bin_of(row.latency_us as u64);
                place.latencies += 1;
            }
            if row.ttft_us != ABSENT_I64 {
                self.ttft[place.start + place.ttfts] = bin_of(row.ttft_us as u64);
                place.ttfts += 1;
            }
            out.add(base + place_index, row, self.series[row.series as usize].is_error);
        }
        for (i, place) in self.places.iter().enumerate() {
            let latency = &mut self.latency[place.start..place.start + place.latencies];
            out.rows[base + i].latency = sketch(&mut out.blobs, latency);
            let ttft = &mut self.ttft[place.start..place.start + place.ttfts];
            out.rows[base + i].ttft = sketch(&mut out.blobs, ttft);
        }
    }
}

impl Deltas {
    #[inline]
    fn add(&mut self, index: usize, row: &Row, is_error: bool) {
        let more = sums_of(row, is_error);
        if self.wide.is_empty() && add(&mut self.rows[index].sums, &more) {
            return;
        }
        self.add_slowly(index, &more);
    }

    /// Some sum of the batch is beyond an int8.
    #[cold]
    fn add_slowly(&mut self, index: usize, more: &[i64; SUMS]) {
        if !self.wide.contains_key(&index) {
            if add(&mut self.rows[index].sums, more) {
                return;
            }
            let sums = std::mem::replace(&mut self.rows[index].sums, [0; SUMS]);
            self.wide.insert(index, Box::new(sums.map(i128::from)));
        }
        if let Some(wide) = self.wide.get_mut(&index) {
            add_wide(wide, &more.map(i128::from));
        }
    }
}

fn sketch(blobs: &mut Vec<u8>, bins: &mut [Bin]) -> Blob {
    let at = blobs.len();
    if !bins.is_empty() {
        bins.sort_unstable();
        put_version(blobs);
        put_pairs(blobs, bins);
    }
    Blob { at, len: blobs.len() - at }
}
