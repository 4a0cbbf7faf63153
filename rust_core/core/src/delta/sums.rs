//! The additive columns of a delta, in COPY order, and how an event adds to them.

use crate::batch::{ABSENT_I64, Row};
use crate::tokens::{COST_LINES, CostStatus, TOKEN_KINDS};

/// Number of additive columns: `events` to `ttft_count`.
pub const SUMS: usize = 26;
/// Sums as they are stored.
pub type Sums = [i64; SUMS];
/// Sums of any size.
pub type WideSums = [i128; SUMS];

pub(super) const EVENTS: usize = 0;
pub(super) const ERRORS: usize = 1;
pub(super) const TOKENS: usize = 2;
const WEB_SEARCHES: usize = TOKENS + TOKEN_KINDS;
pub(super) const COSTS: usize = WEB_SEARCHES + 1;
const REPORTED_COST: usize = COSTS + COST_LINES;
pub(super) const UNPRICED_EVENTS: usize = REPORTED_COST + 1;
const PARTIAL_EVENTS: usize = UNPRICED_EVENTS + 1;
const ESTIMATED_EVENTS: usize = PARTIAL_EVENTS + 1;
const UNPRICED_TOKENS: usize = ESTIMATED_EVENTS + 1;
const LATENCY_SUM: usize = UNPRICED_TOKENS + 1;
const LATENCY_COUNT: usize = LATENCY_SUM + 1;
const TTFT_SUM: usize = LATENCY_COUNT + 1;
const TTFT_COUNT: usize = TTFT_SUM + 1;
const _: () = assert!(TTFT_COUNT + 1 == SUMS);

/// What one event adds.
#[inline]
pub(super) fn sums_of(row: &Row, is_error: bool) -> Sums {
    let mut sums = [0; SUMS];
    sums[EVENTS] = 1;
    sums[ERRORS] = i64::from(is_error);
    for kind in 0..TOKEN_KINDS {
        sums[TOKENS + kind] = i64::from(row.tokens[kind]);
    }
    sums[WEB_SEARCHES] = i64::from(row.web_searches);
    sums[COSTS..COSTS + COST_LINES].copy_from_slice(&row.cost);
    if row.reported_cost_pico_usd != ABSENT_I64 {
        sums[REPORTED_COST] = row.reported_cost_pico_usd;
    }
    match row.cost_status {
        CostStatus::Unpriced => {
            sums[UNPRICED_EVENTS] = 1;
            sums[UNPRICED_TOKENS] = row.tokens.iter().map(|tokens| i64::from(*tokens)).sum();
        }
        CostStatus::Partial => {
            sums[PARTIAL_EVENTS] = 1;
            sums[UNPRICED_TOKENS] = row.unpriced_tokens as i64;
        }
        CostStatus::Estimated => sums[ESTIMATED_EVENTS] = 1,
        CostStatus::Priced | CostStatus::ProviderReported => {}
    }
    if row.latency_us != ABSENT_I64 {
        sums[LATENCY_SUM] = row.latency_us;
        sums[LATENCY_COUNT] = 1;
    }
    if row.ttft_us != ABSENT_I64 {
        sums[TTFT_SUM] = row.ttft_us;
        sums[TTFT_COUNT] = 1;
    }
    sums
}

/// Add where it fits. `false`: it did not, and the sums are as they were.
#[inline]
pub(super) fn add(sums: &mut Sums, more: &Sums) -> bool {
    // A sum overflows when its sign differs from those of both parts; as words, so that several are done at once.
    let mut signs = 0;
    for (sum, value) in sums.iter_mut().zip(more) {
        let total = sum.wrapping_add(*value);
        signs |= (*sum ^ total) & (*value ^ total);
        *sum = total;
    }
    let overflow = signs < 0;
    if overflow {
        sums.iter_mut().zip(more).for_each(|(sum, value)| *sum = sum.wrapping_sub(*value));
    }
    !overflow
}

pub(super) fn add_wide(sums: &mut WideSums, more: &WideSums) {
    for (sum, value) in sums.iter_mut().zip(more) {
        *sum += value;
    }
}

/// The sums as int8, if they all fit.
pub(super) fn narrow(wide: &WideSums) -> Option<Sums> {
    let mut sums = [0; SUMS];
    for (sum, value) in sums.iter_mut().zip(wide) {
        *sum = i64::try_from(*value).ok()?;
    }
    Some(sums)
}

/// Take off as much as fits an int8 of every column. What is left is the next part.
pub(crate) fn take_part(rest: &mut WideSums) -> Sums {
    let mut part = [0; SUMS];
    for (value, rest) in part.iter_mut().zip(rest.iter_mut()) {
        *value = (*rest).clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
        *rest -= i128::from(*value);
    }
    part
}
