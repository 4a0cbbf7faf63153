//! Which series this writer knows to be in the database.
//!
//! ```text
//! missing(batch) ──▶ SeriesRows ──COPY, commit──▶ learn(rows)      never before the commit: a rollback would make
//!                                                                 the cache believe in rows that are not there
//! ```
//! Bounded by two generations: when the young one is full it becomes the old one, and what was old is forgotten.

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use crate::batch::Batch;
use crate::series_list::{SeriesHead, SeriesList};

/// Tenant and series id.
pub type SeriesKey = (i32, i64);
type Keys = HashSet<SeriesKey, FixedState>;

/// Known series, at most about `series_max` of them.
#[derive(Debug)]
pub struct SeriesCache {
    young: Keys,
    old: Keys,
    generation_max: usize,
}

/// Series to insert, sorted by (tenant_id, series_id): writers that insert in one order cannot deadlock.
#[derive(Clone, Debug, Default)]
pub struct SeriesRows(pub SeriesList);

impl SeriesRows {
    /// Tenant and series id of each.
    pub fn keys(&self) -> impl Iterator<Item = SeriesKey> + '_ {
        self.0.heads().iter().map(key_of)
    }
}

fn key_of(series: &SeriesHead) -> SeriesKey {
    (series.tenant_id, series.series_id)
}

impl SeriesCache {
    /// An empty cache of the given bound.
    pub fn new(series_max: usize) -> SeriesCache {
        let generation_max = (series_max / 2).max(1);
        SeriesCache { young: Keys::default(), old: Keys::default(), generation_max }
    }

    /// How many series are known.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The series that rows of the batch belong to and that are not known.
    pub fn missing(&self, batch: &Batch) -> SeriesRows {
        let mut used = vec![false; batch.series.len()];
        for row in &batch.rows {
            used[row.series as usize] = true;
        }
        let heads = batch.series.heads();
        let is_missing = |at: &usize| used[*at] && !self.knows(&key_of(&heads[*at]));
        let mut missing: Vec<usize> = (0..heads.len()).filter(is_missing).collect();
        missing.sort_unstable_by_key(|at| key_of(&heads[*at]));
        missing.dedup_by_key(|at| key_of(&heads[*at]));
        let mut rows = SeriesRows::default();
        missing.into_iter().for_each(|at| rows.0.push_from(&batch.series, at));
        rows
    }

    fn knows(&self, key: &SeriesKey) -> bool {
        self.young.contains(key) || self.old.contains(key)
    }

    /// These are committed.
    pub fn learn(&mut self, rows: &SeriesRows) {
        for key in rows.keys() {
            if self.young.len() >= self.generation_max {
                self.old = std::mem::take(&mut self.young);
            }
            if !self.old.contains(&key) {
                self.young.insert(key);
            }
        }
    }
}
