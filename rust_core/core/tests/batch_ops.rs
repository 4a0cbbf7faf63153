//! Batch operations: whatever leaves a batch is booked.
#![allow(missing_docs, clippy::unwrap_used)]

mod made;

use hub_core::batch::{Batch, Tally};
use hub_core::batch_ops::Outcome;
use hub_core::decode::{Message, TenantRules, decode};
use hub_core::limits::Limits;
use hub_core::reject::Code;
use hub_core::series_cache::SeriesCache;
use made::{Event, START_US, batch, events};
use proptest::prelude::*;

fn is_balanced(batch: &Batch) -> bool {
    let open = |(tally, stored): (Tally, i64)| tally.received - stored - tally.duplicate - tally.rejected;
    batch.accounts().into_iter().map(open).all(|difference| difference == 0)
}

fn ids(batch: &Batch) -> Vec<Vec<u8>> {
    batch.rows.iter().map(|row| batch.text(row, 1).unwrap().to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_account_stays_balanced_when_rows_leave(
        events in events(50, 1_000), dropped in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
        poisoned in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut batch = batch(&events);
        for (leaving, drop) in [(dropped, true), (poisoned, false)] {
            let length = batch.rows.len();
            if length == 0 {
                break;
            }
            let rows: Vec<usize> = leaving.iter().map(|index| index.index(length)).collect();
            if drop {
                batch.drop_rows(&rows).unwrap();
            } else {
                batch.poison_rows(&rows, Code::RefusedByDatabase, "").unwrap();
            }
            prop_assert!(is_balanced(&batch));
        }
        prop_assert_eq!(batch.rejects_total(), batch.rejects.len() as i64);
    }

    #[test]
    fn a_slice_holds_its_rows_with_their_texts_and_series(events in events(50, 1_000), a in 0..50usize, b in 0..60usize) {
        let whole = batch(&events);
        let slice = whole.slice(a, b);
        let (start, stop) = (a.min(whole.rows.len()), b.min(whole.rows.len()));
        prop_assert_eq!(ids(&slice), ids(&whole)[start.min(stop)..stop].to_vec());
        for (row, original) in slice.rows.iter().zip(&whole.rows[start.min(stop)..]) {
            prop_assert_eq!(&slice.series.get(row.series as usize), &whole.series.get(original.series as usize));
            prop_assert_eq!(slice.tags(row), whole.tags(original));
        }
        prop_assert!(slice.rejects.is_empty() && slice.tallies.is_empty());
    }
}

#[test]
fn every_message_has_its_outcome_whatever_leaves_the_batch() {
    let event = |id: &str| format!(r#"{{"id":"{id}","model":"m","time_unix_s":1795176000}}"#);
    let bodies =
        [format!("{}\n{}\nx", event("a"), event("b")), "[]".into(), format!("[{},{}]", event("b"), event("c"))];
    let rules = TenantRules::new(1, "acme", None, &[]);
    let messages = bodies.each_ref().map(|body| Message::new(&rules, 1_795_179_600_000_000, body.as_bytes()));
    let mut batch = decode(&messages, &Limits::default());
    let outcome = |received, stored, duplicate, rejected| Outcome { received, stored, duplicate, rejected };
    assert_eq!(batch.outcomes(), [outcome(3, 2, 0, 1), outcome(0, 0, 0, 0), outcome(2, 1, 1, 0)]);
    let row = |batch: &Batch, id: &[u8]| ids(batch).iter().position(|found| found == id).unwrap();
    let (a, c) = (row(&batch, b"a"), row(&batch, b"c"));
    assert_eq!(batch.slice(c, c + 1).outcomes(), [outcome(0, 0, 0, 0), outcome(0, 0, 0, 0), outcome(0, 1, 0, 0)]);
    batch.drop_rows(&[a]).unwrap();
    let c = row(&batch, b"c");
    batch.poison_rows(&[c], Code::RefusedByDatabase, "").unwrap();
    assert_eq!(batch.outcomes(), [outcome(3, 1, 1, 1), outcome(0, 0, 0, 0), outcome(2, 0, 1, 1)]);
}

#[test]
fn a_row_named_twice_leaves_once() {
    let mut batch = batch(&[Event::plain(1), Event::plain(2)]);
    batch.drop_rows(&[1, 1]).unwrap();
    assert_eq!((batch.rows.len(), batch.tallies[0].duplicate), (1, 1));
}

#[test]
fn a_row_that_is_not_there_is_an_error_and_nothing_leaves() {
    let mut batch = batch(&[Event::plain(1)]);
    assert!(batch.drop_rows(&[0, 1]).is_err());
    assert_eq!((batch.rows.len(), batch.tallies[0].duplicate), (1, 0));
}

#[test]
fn rows_without_a_tally_are_an_account_that_does_not_balance() {
    let mut batch = batch(&[Event::plain(1)]);
    batch.tallies.clear();
    assert!(!is_balanced(&batch));
}

#[test]
fn a_poisoned_row_keeps_its_event_in_canonical_form() {
    let event = Event { user: Some("ann".into()), latency_us: Some(1_500), ..Event::plain(3) };
    let mut batch = batch(&[event]);
    batch.poison_rows(&[0], Code::RefusedByDatabase, "value out of range").unwrap();
    let reject = &batch.rejects[0];
    assert_eq!((reject.code, reject.text()), (Code::RefusedByDatabase, "value out of range"));
    let json: serde_json::Value = serde_json::from_slice(&reject.payload).unwrap();
    let expected = serde_json::json!({
        "source": "gateway", "id": "id-3", "time_unix_us": START_US, "user": "ann", "provider": "openai",
        "model": "model-0", "operation": "chat", "environment": "prod", "project": "search", "status": "ok",
        "tags": {"team": "red", "a": "b"}, "usage": {"input_tokens": 100, "output_tokens": 20}, "latency_ms": 1.5,
    });
    assert_eq!(json, expected);
}

#[test]
fn folding_keeps_provider_and_model_at_first_and_a_status_at_last() {
    let mut batch = batch(&[Event::plain(1), Event { model: 1, ..Event::plain(2) }]);
    let key = |batch: &Batch, row: usize| {
        let series = batch.series.get(batch.rows[row].series as usize);
        (series.tenant_id, series.series_id)
    };
    let keys: Vec<_> = (0..2).map(|row| key(&batch, row)).collect();
    assert_eq!(batch.fold_series(&keys), 2);
    let first = batch.series.get(batch.rows[0].series as usize);
    assert_eq!(&*first.dimensions[1], "other");
    assert!(first.dimensions[2].starts_with("model-") && &*first.tags == r#"{"team":"other"}"#);
    let keys: Vec<_> = (0..2).map(|row| key(&batch, row)).collect();
    assert_eq!(batch.fold_series(&keys), 2);
    let last = batch.series.get(batch.rows[0].series as usize);
    assert_eq!((&*last.dimensions[2], &*last.dimensions[7], &*last.tags), ("other", "ok", "{}"));
    assert_eq!(batch.rows[0].series, batch.rows[1].series);
    let keys = [key(&batch, 0)];
    assert_eq!(batch.fold_series(&keys), 0);
}

#[test]
fn series_that_no_row_has_any_more_are_not_missing() {
    let mut batch = batch(&[Event::plain(1), Event { model: 1, ..Event::plain(2) }]);
    let mut cache = SeriesCache::new(10);
    assert_eq!(cache.missing(&batch).0.len(), 2);
    batch.drop_rows(&[0]).unwrap();
    let missing = cache.missing(&batch);
    assert_eq!(missing.0.len(), 1);
    cache.learn(&missing);
    assert!(cache.missing(&batch).0.is_empty());
}

#[test]
fn the_cache_stays_within_its_bound() {
    let mut cache = SeriesCache::new(8);
    for model in 0..100 {
        let rows = cache.missing(&batch(&[Event { model, ..Event::plain(1) }]));
        cache.learn(&rows);
        assert!(cache.len() <= 8);
        assert!(cache.missing(&batch(&[Event { model, ..Event::plain(1) }])).0.is_empty());
    }
}
