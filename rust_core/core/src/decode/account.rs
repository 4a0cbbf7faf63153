//! The end of a batch: rows in order, resends removed, and the account of what arrived.
//!
//! ```text
//! received (counted apart)  =  rows that stay  +  duplicate  +  rejected      per tenant and receipt hour
//! ```

use hashbrown::HashMap;

use crate::batch::{MessageCount, Row, Tally};

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
pub(super) fn sort_and_count_resends(rows: &mut Vec<Row>, account: &mut Account, counts: &mut [MessageCount]) {
    let order = |row: &Row| (row.tenant_id, row.ts_us, row.event_key);
    if rows.windows(2).all(|pair| order(&pair[0]) < order(&pair[1])) {
        return;
    }
    let mut origins = origins(rows);
    permute(rows, &mut origins);
    rows.dedup_by(|later, kept| {
        let is_resend = order(later) == order(kept);
        if is_resend {
            account.of(later.tenant_id, later.received_at_us).duplicate += 1;
            counts[later.message as usize].duplicate += 1;
        }
        is_resend
    });
}

/// The index of the row that belongs at each place.
fn origins(rows: &[Row]) -> Vec<u32> {
    let packing = Packing::of(rows);
    let packed = rows.iter().enumerate().map(|(at, row)| packing.pack(row, at));
    if packing.fits_u64() {
        let by_time = |packed: u64| packed >> packing.index_bits;
        sorted(rows, packed.map(|packed| packed as u64).collect(), by_time, |packed| packing.index(packed.into()))
    } else {
        sorted(rows, packed.collect(), |packed| packed >> packing.index_bits, |packed| packing.index(packed))
    }
}

fn sorted<P: Ord + Copy>(
    rows: &[Row],
    mut packed: Vec<P>,
    time_of: impl Fn(P) -> P,
    index_of: impl Fn(P) -> usize,
) -> Vec<u32> {
    packed.sort_unstable();
    // The few that share tenant and time go by key; the stable sort keeps their arrivals in order.
    for same_time in packed.chunk_by_mut(|a, b| time_of(*a) == time_of(*b)) {
        if same_time.len() > 1 {
            same_time.sort_by_key(|packed| rows[index_of(*packed)].event_key);
        }
    }
    packed.into_iter().map(|packed| index_of(packed) as u32).collect()
}

/// Tenant, time and index of a row as one number that sorts as the three do: a compare without a look at the rows. Half
/// as wide where tenants and times lie close together, as they usually do.
struct Packing {
    tenant_min: i32,
    ts_us_min: i64,
    tenant_bits: u32,
    ts_bits: u32,
    index_bits: u32,
}

impl Packing {
    fn of(rows: &[Row]) -> Packing {
        let (mut tenant_min, mut tenant_max) = (i32::MAX, i32::MIN);
        let (mut ts_us_min, mut ts_us_max) = (i64::MAX, i64::MIN);
        for row in rows {
            (tenant_min, tenant_max) = (tenant_min.min(row.tenant_id), tenant_max.max(row.tenant_id));
            (ts_us_min, ts_us_max) = (ts_us_min.min(row.ts_us), ts_us_max.max(row.ts_us));
        }
        let bits = |span: u64| u64::BITS - span.leading_zeros();
        Packing {
            tenant_min,
            ts_us_min,
            tenant_bits: bits(tenant_min.abs_diff(tenant_max).into()),
            ts_bits: bits(ts_us_min.abs_diff(ts_us_max)),
            index_bits: bits(rows.len() as u64),
        }
    }

    fn fits_u64(&self) -> bool {
        self.tenant_bits + self.ts_bits + self.index_bits <= u64::BITS
    }

    #[inline(always)]
    fn pack(&self, row: &Row, index: usize) -> u128 {
        let tenant = u128::from(self.tenant_min.abs_diff(row.tenant_id));
        let ts = u128::from(self.ts_us_min.abs_diff(row.ts_us));
        ((tenant << self.ts_bits | ts) << self.index_bits) | index as u128
    }

    #[inline(always)]
    fn index(&self, packed: u128) -> usize {
        (packed & ((1 << self.index_bits) - 1)) as usize
    }
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
