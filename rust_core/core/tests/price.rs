//! The price book from outside: look-up, validity, ids that stay, and many threads at once.
//! Every model of the real list is priced in `tests/unit/pricing`.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use hub_core::price::PriceBook;

const DAY_US: i64 = 86_400_000_000;

/// Two providers; `b` falls back to `a`, whose model has a dated card and an override for batches.
fn book() -> PriceBook {
    let kinds: Vec<String> = hub_core::tokens::TOKEN_COLUMNS
        .iter()
        .map(|column| {
            let key = if column.contains("output") { "output_mtok" } else { "input_mtok" };
            format!(r#""{column}":["{key}"]"#)
        })
        .collect();
    let source = format!(
        r#"{{"version":"v1",
        "units":{{"kinds":{{{}}},"web_searches":[],"requests":[],"per":{{"input_mtok":1000000,"output_mtok":1000000}}}},
        "providers":[
          {{"id":"a","provider_match":{{"contains":"alpha"}},"model_match":{{"starts_with":"m"}},"fallback":[],"models":[
            {{"id":"m-1","match":{{"or":[{{"equals":"m-1"}},{{"regex":"^m-1-(?!mini)[a-z]+$"}},{{"equals":"M-2025-12-11"}}]}},
              "cards":[{{"constraint":null,"prices":{{"input_mtok":"1","output_mtok":"2"}}}},
                       {{"constraint":{{"from_day":20000}},"prices":{{"input_mtok":"3","output_mtok":"4"}}}}],
              "variants":[{{"when":{{"processing":"batch"}},"constraint":{{"from_day":20001}},"prices":{{"input_mtok":"1.5"}}}}]}}]}},
          {{"id":"b","provider_match":null,"model_match":null,"fallback":["nobody","a"],"models":[]}}]}}"#,
        kinds.join(",")
    );
    PriceBook::compile(source.as_bytes()).unwrap()
}

fn id(book: &PriceBook, provider: &str, model: &str, tier: &str, day: i64) -> Option<i64> {
    book.find(provider, model, tier).map(|found| found.cards.at(day * DAY_US).price_id)
}

#[test]
fn names_find_a_model_by_id_pattern_fallback_and_date() {
    let book = book();
    for (provider, model) in [
        ("a", "m-1"),
        ("A", "M-1"),
        ("alpha-eu", "m-1"),
        ("", "m-1"),
        ("b", "m-1"),
        ("a", "m-1-turbo"),
        ("a", "m-20251211"),
        ("litellm", "alpha/m-1"),
        ("litellm", "m-1"),
    ] {
        let found = book.find(provider, model, "").unwrap_or_else(|| panic!("{provider} {model}"));
        assert_eq!((&*found.cards.owner, &*found.cards.model), ("a", "m-1"));
    }
    assert_eq!(&*book.find("b", "m-1", "").unwrap().provider, "b");
    for (provider, model) in [("a", "m-2"), ("nobody", "m-1"), ("a", "m-1-mini"), ("", "x"), ("a", ""), (" ", "m-1")] {
        assert!(book.find(provider, model, "").is_none(), "{provider:?} {model:?}");
    }
}

#[test]
fn every_state_of_the_world_has_its_own_id() {
    let book = book();
    let states = [("", 19_999), ("", 20_000), ("batch", 20_001)].map(|(tier, day)| id(&book, "a", "m-1", tier, day));
    assert_eq!(states.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
    assert_eq!(id(&book, "a", "m-1", "batch", 20_000), id(&book, "a", "m-1", "", 20_000));
    assert_eq!(id(&book, "a", "m-1", "priority", 20_001), id(&book, "a", "m-1", "", 20_001));
    assert_eq!(id(&book, "b", "m-1", "batch", 20_001), id(&book, "a", "m-1", "", 20_001));
    let rows = book.rows();
    assert!(states.iter().all(|state| rows.iter().any(|row| Some(row.price_id) == *state)));
    let batch = rows.iter().find(|row| Some(row.price_id) == states[2]).unwrap();
    assert_eq!(&*batch.prices, r#"{"input_mtok":"1.5","output_mtok":"4"}"#);
    assert_eq!(batch.valid_from_day, Some(20_001));
}

/// Stored on events: another value here would orphan every stored price.
const GOLDEN: i64 = 8_913_466_301_927_625_387;

#[test]
fn the_id_of_a_card_never_changes() {
    assert_eq!(id(&book(), "a", "m-1", "", 20_000), Some(GOLDEN));
}

#[test]
fn many_threads_find_the_same_and_strange_names_do_not_pile_up() {
    let book = book();
    let wanted = id(&book, "a", "m-1", "", 20_000);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let book = &book;
            scope.spawn(move || {
                for n in 0..20_000 {
                    assert!(book.find("a", &format!("x-{thread}-{n}"), "").is_none());
                    assert_eq!(id(book, "a", "m-1", "", 20_000), wanted);
                }
            });
        }
    });
}
