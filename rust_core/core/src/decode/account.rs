//! The end of a batch: rows in order, resends removed, and the account of what arrived.
//!
//! ```text
//! received (counted apart)  =  rows that stay  +  duplicate  +  rejected      per tenant and receipt hour
//! ```

use hashbrown::HashMap;

use crate::batch::{Row, Tally};

const HOUR_US: i64 = 3_600_000_000;

/// Tallies by tenant and receipt hour.
#[derive(Debug, Default)]
pub(super) struct Account {
    tallies: HashMap<(i32, i64), Tally, foldhash::fast::RandomState>,
}

impl Account {
    /// The tally of a tenant and a moment of receipt.
    pub(super) fn of(&mut self, tenant_id: i32, received_at_us: i64) -> &mut Tally {
        let hour_us = received_at_us.saturating_sub(received_at_us.rem_euclid(HOUR_US));
        let fresh = Tally { tenant_id, hour_us, ..Tally::default() };
        self.tallies.entry((tenant_id, hour_us)).or_insert(fresh)
    }

    /// The tallies, sorted.
    pub(super) fn finish(self) -> Vec<Tally> {
        let mut tallies: Vec<Tally> = self.tallies.into_values().collect();
        tallies.sort_unstable_by_key(|tally| (tally.tenant_id, tally.hour_us));
        tallies
    }
}

/// Sort the rows by tenant, time and key; of equal ones the first to arrive stays, the others are counted.
pub(super) fn sort_and_count_resends(rows: &mut Vec<Row>, account: &mut Account) {
    let order = |row: &Row| (row.tenant_id, row.ts_us, row.event_key);
    if rows.windows(2).all(|pair| order(&pair[0]) < order(&pair[1])) {
        return;
    }
    // Small keys move, not whole rows; the stable sort keeps arrivals in order and uses runs that are sorted already.
    let mut places: Vec<(i32, i64, u32)> =
        rows.iter().enumerate().map(|(at, row)| (row.tenant_id, row.ts_us, at as u32)).collect();
    places.sort_by(|a, b| {
        let by_time = (a.0, a.1).cmp(&(b.0, b.1));
        by_time.then_with(|| rows[a.2 as usize].event_key.cmp(&rows[b.2 as usize].event_key))
    });
    let mut origins: Vec<u32> = places.into_iter().map(|(_, _, at)| at).collect();
    permute(rows, &mut origins);
    rows.dedup_by(|later, kept| {
        let is_resend = order(later) == order(kept);
        if is_resend {
            account.of(later.tenant_id, later.received_at_us).duplicate += 1;
        }
        is_resend
    });
}

/// Bring to every place the row that `origins` names for it, cycle by cycle: a second copy of the rows would cost more
/// in fresh pages than in moves.
fn permute(rows: &mut [Row], origins: &mut [u32]) {
    for start in 0..rows.len() {
        if origins[start] as usize == start {
            continue;
        }
        let first = rows[start];
        let mut hole = start;
        loop {
            let origin = origins[hole] as usize;
            origins[hole] = hole as u32;
            if origin == start {
                rows[hole] = first;
                break;
            }
            rows[hole] = rows[origin];
            hole = origin;
        }
    }
}
