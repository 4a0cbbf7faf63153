//! The sums of a batch: accounts, totals, days.

use std::collections::BTreeMap;

use crate::batch::{Batch, Tally};
use crate::tokens::{COST_COLUMNS, COST_LINES, CostStatus, TOKEN_COLUMNS, TOKEN_KINDS};

/// Microseconds of an hour.
pub const HOUR_US: i64 = 3_600_000_000;
/// Microseconds of a day.
pub const DAY_US: i64 = 24 * HOUR_US;

impl Batch {
    /// The tallies, each with the number of rows that remain of it, by tenant and hour.
    ///
    /// Rows without a tally get one that received nothing: the equation then fails in the open.
    pub fn accounts(&self) -> Vec<(Tally, i64)> {
        let mut accounts: BTreeMap<(i32, i64), (Tally, i64)> =
            self.tallies.iter().map(|tally| ((tally.tenant_id, tally.hour_us), (*tally, 0))).collect();
        for run in self.rows.chunk_by(|a, b| (a.tenant_id, a.received_at_us) == (b.tenant_id, b.received_at_us)) {
            let (tenant_id, hour_us) = (run[0].tenant_id, hour_of(run[0].received_at_us));
            let fresh = || (Tally { tenant_id, hour_us, ..Tally::default() }, 0);
            accounts.entry((tenant_id, hour_us)).or_insert_with(fresh).1 += run.len() as i64;
        }
        accounts.into_values().collect()
    }

    /// The tally of a tenant and moment of receipt.
    pub(super) fn tally_mut(&mut self, tenant_id: i32, received_at_us: i64) -> &mut Tally {
        let hour_us = hour_of(received_at_us);
        let found = self.tallies.iter().position(|tally| (tally.tenant_id, tally.hour_us) == (tenant_id, hour_us));
        let at = found.unwrap_or_else(|| {
            self.tallies.push(Tally { tenant_id, hour_us, ..Tally::default() });
            self.tallies.len() - 1
        });
        &mut self.tallies[at]
    }

    /// Distinct UTC days of the rows, as days since 1970-01-01, ascending.
    pub fn days(&self) -> Vec<i64> {
        let mut days: Vec<i64> = self.rows.iter().map(|row| row.ts_us.div_euclid(DAY_US)).collect();
        days.dedup();
        days.sort_unstable();
        days.dedup();
        days
    }

    /// Events refused, kept or only counted.
    pub fn rejects_total(&self) -> i64 {
        self.tallies.iter().map(|tally| tally.rejected).sum()
    }

    /// Exact sums of the rows: `events`, `errors`, the token columns, the cost columns, `unpriced_events`.
    pub fn totals(&self) -> Vec<(&'static str, i128)> {
        let mut errors = 0;
        let mut unpriced = 0;
        let mut tokens = [0i128; TOKEN_KINDS];
        let mut costs = [0i128; COST_LINES];
        for row in &self.rows {
            errors += i128::from(self.series.heads()[row.series as usize].is_error);
            unpriced += i128::from(row.cost_status == CostStatus::Unpriced);
            tokens.iter_mut().zip(row.tokens).for_each(|(sum, count)| *sum += i128::from(count));
            costs.iter_mut().zip(row.cost).for_each(|(sum, cost)| *sum += i128::from(cost));
        }
        [("events", self.rows.len() as i128), ("errors", errors)]
            .into_iter()
            .chain(TOKEN_COLUMNS.into_iter().zip(tokens))
            .chain(COST_COLUMNS.into_iter().zip(costs))
            .chain([("unpriced_events", unpriced)])
            .collect()
    }
}

fn hour_of(us: i64) -> i64 {
    us.div_euclid(HOUR_US) * HOUR_US
}
