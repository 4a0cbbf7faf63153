//! The quick parser accepts nothing that the careful one does not, with the same values; and whatever arrives, nothing
//! panics and every received event is a row, a duplicate or a reject.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

#[path = "../examples/generator/mod.rs"]
#[allow(dead_code, reason = "shared with the examples, which use other parts of it")]
mod generator;

mod bodies;

use bodies::{PIECES, SEEDS, body, mutate};
use generator::{RECEIVED_AT_US, Random};
use hub_core::batch::Batch;
use hub_core::decode::{Format, Message, TenantRules, decode, decode_carefully};
use hub_core::limits::Limits;

/// Bodies mutated for each test: some seconds in the fast profile.
const BODIES: u64 = 30_000;

fn check(payload: &[u8], format: Format, limits: &Limits) -> Batch {
    let tenant = TenantRules::new(7, "acme", Some(86_400_000_000), &["team".into()]);
    let message = Message { format, ..Message::new(&tenant, RECEIVED_AT_US, payload) };
    let batch = decode(&[message, message], limits);
    let shown = String::from_utf8_lossy(payload);
    assert_eq!(batch, decode_carefully(&[message, message], limits), "{format:?} {shown}");
    let stored = batch.rows.len() as i64;
    for tally in &batch.tallies {
        assert_eq!(tally.received, stored + tally.duplicate + tally.rejected, "{format:?} {shown}");
    }
    batch
}

#[test]
fn quick_and_careful_agree_and_every_event_is_accounted_for() {
    let limits = Limits { event_bytes_max: 900, ..Limits::default() };
    let (mut rows, mut rejects) = (0, 0);
    for seed in 0..BODIES {
        let mut random = Random(seed);
        let mut body = body(&mut random);
        mutate(&mut random, &mut body);
        let format = [Format::Auto, Format::Auto, Format::Json, Format::Ndjson][random.below(4) as usize];
        let batch = check(&body, format, &limits);
        rows += batch.rows.len();
        rejects += batch.rejects.len();
    }
    assert!(
        rows > 10_000 && rejects > 10_000,
        "the mutator must leave some events whole and break some: {rows} {rejects}"
    );
}

#[test]
fn accepted_values_are_those_that_another_parser_reads() {
    let mut compared = 0;
    for seed in 0..BODIES / 3 {
        let mut random = Random(seed ^ 0x5eed);
        let mut body = SEEDS[random.below(SEEDS.len() as u64) as usize].as_bytes().to_vec();
        mutate(&mut random, &mut body);
        let batch = check(&body, Format::Json, &Limits::default());
        let ([row], Ok(value)) = (&batch.rows[..], serde_json::from_slice::<serde_json::Value>(&body)) else {
            continue;
        };
        let Some(id) = value["id"].as_str() else {
            continue; // an envelope
        };
        assert_eq!(Some(id.trim().as_bytes()), batch.text(row, 1));
        assert_eq!(row.tokens[0], value["usage"]["input_tokens"].as_u64().unwrap_or(0) as u32);
        assert_eq!(row.tokens[6], value["usage"]["output_tokens"].as_u64().unwrap_or(0) as u32);
        let model = value["model"].as_str().unwrap_or_default().trim();
        assert_eq!(model, batch.series.dimension(row.series as usize, 2));
        compared += 1;
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn numbers_too_long_for_a_word_are_told_apart() {
    for field in ["latency_ms", "time_unix_s", "time_unix_ns", "cost_usd"] {
        for number in
            ["8515991844674407370", "85159918446744073709551616", "0.85159918446744073709551616", "1e85159918446744073"]
        {
            let body = format!("{{\"id\":\"a\",\"model\":\"m\",\"{field}\":{number}}}");
            check(body.as_bytes(), Format::Auto, &Limits::default());
        }
    }
}

#[test]
fn random_bytes_of_json_letters_are_accounted_for() {
    for seed in 0..BODIES {
        let mut random = Random(seed);
        let mut body = Vec::new();
        for _ in 0..random.below(24) {
            body.extend_from_slice(PIECES[random.below(PIECES.len() as u64) as usize].as_bytes());
        }
        for format in [Format::Auto, Format::Json, Format::Ndjson] {
            check(&body, format, &Limits::default());
        }
    }
}
