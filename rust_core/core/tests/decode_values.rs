//! What an accepted event becomes: normalised dimensions, tags, numbers, times, identities, warnings.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use hub_core::batch::{ABSENT_I64, Batch, TEXT_COLUMNS};
use hub_core::decode::{Message, TenantRules, decode};
use hub_core::limits::Limits;
use hub_core::series::{event_key, series_id};

const RECEIVED_AT_US: i64 = 1_795_179_600_000_000;

/// The batch of one accepted event with these members after the required ones.
fn accepted(more: &str) -> Batch {
    let tenant = TenantRules::new(7, "acme", None, &["team".into(), "cost centre".into()]);
    let body = format!(r#"{{"id":"e1","model":"gpt-4o","time":"2026-11-20T12:00:00.5Z"{more}}}"#);
    let payload = body.as_bytes();
    let message = Message::new(&tenant, RECEIVED_AT_US, payload);
    let batch = decode(&[message], &Limits::default());
    assert_eq!(batch.rows.len(), 1, "{:?}", batch.rejects);
    batch
}

fn tags(batch: &Batch) -> Option<&str> {
    batch.tags(&batch.rows[0]).map(|json| std::str::from_utf8(json).unwrap())
}

fn column<'a>(batch: &'a Batch, name: &str) -> Option<&'a str> {
    let at = TEXT_COLUMNS.iter().position(|column| *column == name).unwrap();
    batch.text(&batch.rows[0], at).map(|text| std::str::from_utf8(text).unwrap())
}

#[test]
fn dimensions_are_trimmed_lower_cased_and_empty_when_missing() {
    let batch = accepted(
        r#","provider":" OpenAI ","operation":"CHAT","service_tier":"Flex","project":" Web ","status":"Timeout""#,
    );
    let series = batch.series.get(0);
    let found: Vec<&str> = series.dimensions.iter().map(|label| label.as_str()).collect();
    assert_eq!(found, ["openai", "", "gpt-4o", "chat", "flex", "", "Web", "timeout"]);
    assert!(series.is_error);
    assert_eq!(series.tags, "{}");
    let plain = accepted("");
    assert_eq!(plain.series.get(0).dimensions[7], "ok");
    assert!(!plain.series.get(0).is_error);
}

#[test]
fn the_series_id_is_that_of_the_normalised_dimensions_and_sorted_declared_tags() {
    let batch = accepted(r#","tags":{"team":"red","x":"1","cost centre":"A \"9\""},"provider":"openai""#);
    let dimensions: [&[u8]; 8] = [b"openai", b"", b"gpt-4o", b"", b"", b"", b"", b"ok"];
    let id = series_id(&dimensions, &[(b"cost centre", b"A \"9\""), (b"team", b"red")]);
    assert_eq!(batch.series.get(0).series_id, id);
    assert_eq!(batch.series.get(0).tags, r#"{"cost centre":"A \"9\"","team":"red"}"#);
    assert_eq!(tags(&batch), Some(r#"{"x":"1"}"#));
}

#[test]
fn identities_are_what_the_format_says() {
    // Length of the source as u32 little endian, the source, the id; hashed by XXH3 with 128 bits.
    let expected = xxhash_rust::xxh3::xxh3_128(b"\x03\0\0\0srcid");
    assert_eq!(event_key(b"src", b"id"), expected);
    assert_ne!(event_key(b"a", b"bc"), event_key(b"ab", b"c"));
    let mut key = Vec::new();
    for part in [&b"p"[..], b"", b"m", b"", b"", b"", b"", b"ok", b"k", b"v"] {
        key.extend_from_slice(&(part.len() as u32).to_le_bytes());
        key.extend_from_slice(part);
    }
    let dimensions: [&[u8]; 8] = [b"p", b"", b"m", b"", b"", b"", b"", b"ok"];
    assert_eq!(series_id(&dimensions, &[(b"k", b"v")]), xxhash_rust::xxh3::xxh3_64(&key) as i64);
    let batch = accepted(r#","source":" s ""#);
    assert_eq!(batch.rows[0].event_key, event_key(b"s", b"e1"));
    assert_eq!(column(&batch, "source"), Some("s"));
}

#[test]
fn absent_texts_are_absent_but_the_source_is_empty() {
    let batch = accepted(r#","user":"","session":"  ","agent":null,"region":"eu""#);
    assert_eq!(column(&batch, "source"), Some(""));
    assert_eq!(column(&batch, "event_id"), Some("e1"));
    assert_eq!((column(&batch, "user_id"), column(&batch, "session_id"), column(&batch, "agent")), (None, None, None));
    assert_eq!(column(&batch, "region"), Some("eu"));
    assert_eq!(tags(&batch), None);
}

#[test]
fn numbers_keep_their_exact_value() {
    let batch = accepted(
        r#","usage":{"input_tokens":1,"cache_read_tokens":2,"cache_write_5m_tokens":3,"cache_write_1h_tokens":4,
        "input_audio_tokens":5,"input_image_tokens":6,"output_tokens":7,"output_reasoning_tokens":8,"output_audio_tokens":9,
        "total_tokens":45,"web_searches":10,"estimated":true},"latency_ms":1234.5678,"ttft_ms":0.0004,"cost_usd":"0.000000000001""#,
    );
    let row = &batch.rows[0];
    assert_eq!(row.tokens, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!((row.web_searches, row.estimated), (10, true));
    assert_eq!((row.latency_us, row.ttft_us, row.reported_cost_pico_usd), (1_234_568, 0, 1));
    assert_eq!(batch.warnings.total_mismatch, 0);
    let bare = accepted("");
    assert_eq!((bare.rows[0].latency_us, bare.rows[0].ttft_us), (ABSENT_I64, ABSENT_I64));
    assert_eq!(bare.rows[0].reported_cost_pico_usd, ABSENT_I64);
}

#[test]
fn a_time_is_the_same_whatever_field_states_it() {
    let tenant = TenantRules::new(7, "acme", None, &[]);
    let ms = 1_795_176_000_123i64;
    let uuid7 = format!("{:08x}-{:04x}-7cc3-98c4-dc0c0c07398f", ms >> 16, ms & 0xffff);
    let bodies = [
        r#"{"id":"e","model":"m","time":"2026-11-20T12:00:00.123Z"}"#.to_string(),
        r#"{"id":"e","model":"m","time":"2026-11-20T17:30:00.123+05:30"}"#.to_string(),
        r#"{"id":"e","model":"m","time_unix_s":1795176000.123}"#.to_string(),
        format!(r#"{{"id":"e","model":"m","time_unix_ms":{ms}}}"#),
        format!(r#"{{"id":"e","model":"m","time_unix_us":{}}}"#, ms * 1000),
        format!(r#"{{"id":"e","model":"m","time_unix_ns":{}}}"#, ms * 1_000_000 + 999),
        format!(r#"{{"id":"{uuid7}","model":"m"}}"#),
    ];
    for body in bodies {
        let payload = body.as_bytes();
        let message = Message::new(&tenant, RECEIVED_AT_US, payload);
        let batch = decode(&[message], &Limits::default());
        assert_eq!(batch.rows.first().map(|row| row.ts_us), Some(ms * 1000), "{body} {:?}", batch.rejects);
    }
}

#[test]
fn oddities_are_counted_and_the_event_is_kept() {
    let batch = accepted(r#","colour":"red","usage":{"input_tokens":1,"total_tokens":2,"thoughts":1}"#);
    assert_eq!((batch.warnings.total_mismatch, batch.warnings.unknown_field), (1, 2));
}
