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
    let mut places: Vec<u128> = rows.iter().enumerate().map(|(at, row)| place_of(row, at as u32)).collect();
    places.sort_unstable();
    // The few that share tenant and time go by key; the stable sort keeps their arrivals in order.
    for same_time in places.chunk_by_mut(|a, b| a >> PLACE_BITS == b >> PLACE_BITS) {
        if same_time.len() > 1 {
            same_time.sort_by_key(|place| rows[*place as u32 as usize].event_key);
        }
    }
    let mut origins: Vec<u32> = places.into_iter().map(|place| place as u32).collect();
    permute(rows, &mut origins);
    rows.dedup_by(|later, kept| {
        let is_resend = order(later) == order(kept);
        if is_resend {
            account.of(later.tenant_id, later.received_at_us).duplicate += 1;
        }
        is_resend
    });
}

/// Bits of a row's index in the key that sorts it.
const PLACE_BITS: u32 = 32;

/// Tenant, time and index as one number that sorts as the three do: one compare without a look at the rows.
#[inline(always)]
fn place_of(row: &Row, at: u32) -> u128 {
    let tenant = (row.tenant_id as u32) ^ (1 << 31);
    let ts_us = (row.ts_us as u64) ^ (1 << 63);
    u128::from(tenant) << (64 + PLACE_BITS) | u128::from(ts_us) << PLACE_BITS | u128::from(at)
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
