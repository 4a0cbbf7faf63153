//! Deltas: partial sums add up, whatever the cut.
#![allow(missing_docs, clippy::unwrap_used)]

mod made;

use hub_core::batch::{ABSENT_I64, Batch};
use hub_core::delta::{Deltas, Key, SUMS, rollup};
use hub_core::sketch::encode_values;
use hub_core::tokens::CostStatus;
use made::{Event, MINUTE_US, batch, events};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Sums, latencies, times to first token.
type Group = (Vec<i128>, Vec<u64>, Vec<u64>);

/// Grouping by the book: one map entry a group, values kept as lists.
fn slow_rollup(batch: &Batch) -> BTreeMap<(i32, i64, i64), Group> {
    let mut groups = BTreeMap::new();
    for row in &batch.rows {
        let series = &batch.series.heads()[row.series as usize];
        let minute = row.ts_us - row.ts_us.rem_euclid(MINUTE_US);
        let group = groups
            .entry((row.tenant_id, minute, series.series_id))
            .or_insert_with(|| (vec![0i128; SUMS], Vec::new(), Vec::new()));
        let all_tokens: i128 = row.tokens.iter().map(|count| i128::from(*count)).sum();
        let mut add = vec![1, i128::from(series.is_error)];
        add.extend(row.tokens.map(i128::from));
        add.push(row.web_searches.into());
        add.extend(row.cost.map(i128::from));
        add.push(if row.reported_cost_pico_usd == ABSENT_I64 { 0 } else { row.reported_cost_pico_usd.into() });
        for status in [CostStatus::Unpriced, CostStatus::Partial, CostStatus::Estimated] {
            add.push(i128::from(row.cost_status == status));
        }
        add.push(match row.cost_status {
            CostStatus::Unpriced => all_tokens,
            CostStatus::Partial => row.unpriced_tokens.into(),
            _ => 0,
        });
        for (value, list) in [(row.latency_us, &mut group.1), (row.ttft_us, &mut group.2)] {
            let known = value != ABSENT_I64;
            add.extend([if known { value.into() } else { 0 }, i128::from(known)]);
            list.extend(known.then_some(value as u64));
        }
        group.0.iter_mut().zip(add).for_each(|(sum, value)| *sum += value);
    }
    groups
}

fn check_against_slow(batch: &Batch) {
    let deltas = rollup(batch);
    let slow = slow_rollup(batch);
    assert_eq!(deltas.rows.len(), slow.len());
    for (i, (row, (key, (sums, latency, ttft)))) in deltas.rows.iter().zip(slow).enumerate() {
        assert_eq!(row.key, Key { tenant_id: key.0, bucket_us: key.1, series_id: key.2 });
        assert_eq!(deltas.sums(i).to_vec(), sums);
        assert_eq!(deltas.blob(row.latency), encode_values(&latency));
        assert_eq!(deltas.blob(row.ttft), encode_values(&ttft));
    }
}

/// Pico-USD of a million dollars: ten such events overflow an int8.
const MILLION: i64 = 1_000_000_000_000_000_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_rollup_equals_grouping_by_the_book(events in events(80, 1_000_000)) {
        check_against_slow(&batch(&events));
    }

    #[test]
    fn a_rollup_beyond_an_int8_equals_grouping_by_the_book(events in events(80, MILLION)) {
        check_against_slow(&batch(&events));
    }

    #[test]
    fn the_rollup_of_a_union_is_the_merge_of_the_rollups(events in events(80, MILLION), cut in 0..80usize) {
        let (a, b) = events.split_at(cut.min(events.len()));
        let merged = rollup(&batch(a)).merge(&rollup(&batch(b))).unwrap();
        prop_assert_eq!(rollup(&batch(&events)), merged);
    }

    #[test]
    fn merging_does_not_depend_on_order(a in events(40, MILLION), b in events(40, MILLION)) {
        let (a, b) = (rollup(&batch(&a)), rollup(&batch(&b)));
        prop_assert_eq!(a.merge(&b).unwrap(), b.merge(&a).unwrap());
    }

    #[test]
    fn what_is_taken_back_leaves_nothing(a in events(60, MILLION), b in events(60, MILLION)) {
        let (a, b) = (rollup(&batch(&a)), rollup(&batch(&b)));
        prop_assert_eq!(a.merge(&a.negate().unwrap()).unwrap(), Deltas::default());
        prop_assert_eq!(a.merge(&b).unwrap().merge(&b.negate().unwrap()).unwrap(), a);
    }

    #[test]
    fn dropped_rows_take_exactly_their_part(events in events(60, MILLION), picks in any::<[bool; 60]>()) {
        let whole = batch(&events);
        let dropped: Vec<usize> = (0..whole.rows.len()).filter(|row| picks[*row]).collect();
        let mut rest = whole.clone();
        rest.drop_rows(&dropped).unwrap();
        let mut gone = whole.clone();
        gone.drop_rows(&(0..whole.rows.len()).filter(|row| !picks[*row]).collect::<Vec<_>>()).unwrap();
        prop_assert_eq!(rollup(&rest).merge(&rollup(&gone)).unwrap(), rollup(&whole));
    }

    #[test]
    fn the_totals_of_deltas_are_those_of_the_batch(events in events(60, MILLION)) {
        let batch = batch(&events);
        prop_assert_eq!(rollup(&batch).totals(), batch.totals());
    }

    #[test]
    fn slices_add_up_to_the_whole(events in events(60, 1_000_000), cut in 0..60usize) {
        let whole = batch(&events);
        let (a, b) = (whole.slice(0, cut), whole.slice(cut, usize::MAX));
        prop_assert_eq!(rollup(&a).merge(&rollup(&b)).unwrap(), rollup(&whole));
    }
}

#[test]
fn an_empty_batch_has_no_deltas() {
    assert!(rollup(&Batch::default()).rows.is_empty());
}

#[test]
fn a_minute_begins_at_its_first_microsecond_and_ends_before_the_next() {
    let at = |id, offset_us| Event { offset_us, ..Event::plain(id) };
    let deltas = rollup(&batch(&[at(1, -1), at(2, 0), at(3, MINUTE_US - 1), at(4, MINUTE_US)]));
    let events: Vec<i64> = deltas.rows.iter().map(|row| row.sums[0]).collect();
    assert_eq!(events, [1, 2, 1]);
}
