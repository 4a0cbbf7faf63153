//! Every shape of body, and what a broken one costs; resends, tallies and the bound on rejects.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use hub_core::batch::Batch;
use hub_core::decode::{Format, Message, TenantRules, decode};
use hub_core::limits::Limits;
use hub_core::reject::Code;

/// 2026-11-20T13:00:00Z.
const RECEIVED_AT_US: i64 = 1_795_179_600_000_000;
const HOUR_US: i64 = 3_600_000_000;

fn tenant(id: i32) -> TenantRules {
    TenantRules::new(id, "acme", None, &[])
}

fn message<'a>(tenant: &'a TenantRules, payload: &'a [u8], format: Format) -> Message<'a> {
    Message { format, origin: "o", base_position: 100, ..Message::new(tenant, RECEIVED_AT_US, payload) }
}

fn decode_one(payload: &[u8], format: Format) -> Batch {
    decode(&[message(&tenant(7), payload, format)], &Limits::default())
}

fn event(id: &str) -> String {
    format!(r#"{{"id":"{id}","model":"m","time_unix_s":1795176000}}"#)
}

/// Ids of the rows and positions of the rejects.
fn outcome(batch: &Batch) -> (Vec<String>, Vec<i64>) {
    let mut ids: Vec<String> =
        batch.rows.iter().map(|row| String::from_utf8(batch.text(row, 1).unwrap().to_vec()).unwrap()).collect();
    ids.sort();
    (ids, batch.rejects.iter().map(|reject| reject.position).collect())
}

/// Body (with `A`, `B`, `C` for good events), format, ids of the rows, positions of the rejects.
const BODIES: &[(&str, Format, &[&str], &[i64])] = &[
    ("", Format::Auto, &[], &[]),
    (" \r\n \n", Format::Auto, &[], &[]),
    ("A", Format::Auto, &["A"], &[]),
    ("A", Format::Json, &["A"], &[]),
    ("A", Format::Ndjson, &["A"], &[]),
    ("\u{feff}A\n", Format::Auto, &["A"], &[]),
    ("\u{feff}A\n", Format::Ndjson, &["A"], &[]),
    ("[A,B]", Format::Auto, &["A", "B"], &[]),
    ("[\n  A,\n  B\n]\n", Format::Json, &["A", "B"], &[]),
    ("[]", Format::Auto, &[], &[]),
    ("A\nB\n", Format::Auto, &["A", "B"], &[]),
    ("A\r\n\r\n  \n B \r\n", Format::Auto, &["A", "B"], &[]),
    ("A\r\n\r\nx\r\n", Format::Ndjson, &["A"], &[102]),
    ("x\nA\nB", Format::Auto, &["A", "B"], &[100]),
    ("{\"id\":\"cut\nA\nB", Format::Auto, &["A", "B"], &[100]),
    ("{\"id\":\"cut\",\nA\nB", Format::Auto, &["A", "B"], &[100]),
    ("A\n{\"id\":\"cut\nB", Format::Auto, &["A", "B"], &[101]),
    ("A B\nC", Format::Auto, &["C"], &[100]),
    ("{\"events\":[A,B]}", Format::Auto, &["A", "B"], &[]),
    ("{\"v\":{\"events\":[1]},\"events\":[A,B],\"n\":[1]}", Format::Json, &["A", "B"], &[]),
    ("{\"\\u0065vents\" : [ A ] }", Format::Auto, &["A"], &[]),
    ("{\"events\":[]}", Format::Auto, &[], &[]),
    ("{\"events\":[A,B", Format::Auto, &["A", "B"], &[]),
    ("{\"events\":[A]}\nB\n", Format::Auto, &["A", "B"], &[]),
    ("[A,{\"id\":1},B]", Format::Auto, &["A", "B"], &[101]),
    ("[A,{\"x\":[1,2},B]", Format::Auto, &["A", "B"], &[101]),
    ("[A,{\"x\":tru},B]", Format::Auto, &["A", "B"], &[101]),
    ("[A,,B]", Format::Auto, &["A", "B"], &[101]),
    ("[A,B,]", Format::Auto, &["A", "B"], &[102]),
    ("[A,{\"id\":\"cut", Format::Auto, &["A"], &[101]),
    ("[A", Format::Auto, &["A"], &[]),
    ("[", Format::Auto, &[], &[100]),
    ("[A] x", Format::Auto, &["A"], &[101]),
    ("[A]\nB", Format::Auto, &["A", "B"], &[]),
    ("[A]\nB", Format::Json, &["A", "B"], &[]),
    ("[A]", Format::Ndjson, &[], &[100]),
    ("A\nB", Format::Json, &[], &[100]),
];

#[test]
fn every_shape_of_body_gives_its_events() {
    for (body, format, ids, rejects) in BODIES {
        let mut text = String::new();
        for letter in body.chars() {
            match letter {
                'A' | 'B' | 'C' => text.push_str(&event(&letter.to_string())),
                _ => text.push(letter),
            }
        }
        let batch = decode_one(text.as_bytes(), *format);
        let (found, positions) = outcome(&batch);
        assert_eq!(
            (found.as_slice(), positions.as_slice()),
            (&ids.map_to_strings()[..], *rejects),
            "{body:?} {format:?}"
        );
        let received: i64 = batch.tallies.iter().map(|tally| tally.received).sum();
        assert_eq!(received as usize, ids.len() + rejects.len(), "received of {body:?} {format:?}");
    }
}

trait Strings {
    fn map_to_strings(&self) -> Vec<String>;
}

impl Strings for &[&str] {
    fn map_to_strings(&self) -> Vec<String> {
        self.iter().map(|text| text.to_string()).collect()
    }
}

#[test]
fn a_pretty_printed_event_is_one_event() {
    let body = "{\n  \"id\": \"A\",\n  \"model\": \"m\",\n  \"time_unix_s\": 1795176000,\n  \"usage\": {\n    \"input_tokens\": 5\n  }\n}\n";
    for format in [Format::Auto, Format::Json] {
        let batch = decode_one(body.as_bytes(), format);
        assert_eq!((batch.rows.len(), batch.rejects.len(), batch.tallies[0].received), (1, 0, 1));
        assert_eq!(batch.rows[0].tokens[0], 5);
    }
    assert_eq!(decode_one(body.as_bytes(), Format::Ndjson).rejects.len(), 8);
}

#[test]
fn a_body_that_is_not_utf8_costs_only_its_broken_lines() {
    let mut body = format!("{}\n", event("A")).into_bytes();
    body.extend(b"{\"id\":\"\xff\"}\n");
    body.extend(event("B").bytes());
    let batch = decode_one(&body, Format::Auto);
    assert_eq!(outcome(&batch), (vec!["A".into(), "B".into()], vec![101]));
    assert_eq!((batch.rejects[0].code, batch.rejects[0].at_byte), (Code::InvalidUtf8, 7));
}

#[test]
fn utf16_is_one_fault_of_the_whole_body() {
    let body: Vec<u8> = "\u{feff}{}\n{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for format in [Format::Auto, Format::Json, Format::Ndjson] {
        let batch = decode_one(&body, format);
        assert_eq!((batch.rejects.len(), batch.rejects[0].code), (1, Code::InvalidUtf8));
        assert_eq!(batch.tallies[0].received, 1);
    }
}

#[test]
fn a_resend_is_counted_and_the_first_arrival_stays() {
    let first = r#"{"id":"A","model":"first","time_unix_s":1795176000}"#;
    let again = r#"{"id":"A","model":"again","time_unix_s":1795176000}"#;
    let later = r#"{"id":"A","model":"later","time_unix_s":1795176001}"#;
    let sourced = r#"{"id":"A","source":"s","model":"sourced","time_unix_s":1795176000}"#;
    let body = [later, first, again, sourced, again].join("\n");
    let batch = decode_one(body.as_bytes(), Format::Auto);
    let models: Vec<&str> = batch.rows.iter().map(|row| batch.series.dimension(row.series as usize, 2)).collect();
    assert_eq!(batch.rows.len(), 3);
    assert!(models.contains(&"first") && models.contains(&"later") && models.contains(&"sourced"));
    assert_eq!((batch.tallies[0].received, batch.tallies[0].duplicate), (5, 2));
}

#[test]
fn tallies_are_by_tenant_and_hour_of_receipt() {
    let (one, two) = (tenant(1), tenant(2));
    let body = format!("{}\nx\n{}", event("A"), event("A"));
    let mut messages = vec![message(&one, body.as_bytes(), Format::Auto); 4];
    messages[1].received_at_us += HOUR_US;
    messages[2].tenant = &two;
    messages[3].events = Some(17);
    let batch = decode(&messages, &Limits::default());
    let found: Vec<_> = batch
        .tallies
        .iter()
        .map(|t| (t.tenant_id, t.hour_us - RECEIVED_AT_US, t.received, t.duplicate, t.rejected))
        .collect();
    assert_eq!(found, [(1, 0, 20, 3, 2), (1, HOUR_US, 3, 2, 1), (2, 0, 3, 1, 1)]);
    assert_eq!(batch.rows.len(), 2);
}

#[test]
fn rows_are_sorted_and_point_to_their_series() {
    let tenants: Vec<TenantRules> = (0..5).map(|i| tenant(5 - i)).collect();
    let body: String = (0..50)
        .map(|i| format!("{{\"id\":\"e{i}\",\"model\":\"m{}\",\"time_unix_s\":{}}}\n", i % 3, 1795176000 + i * 7 % 50))
        .collect();
    let messages: Vec<Message> =
        tenants.iter().map(|tenant| message(tenant, body.as_bytes(), Format::Ndjson)).collect();
    let batch = decode(&messages, &Limits::default());
    assert_eq!((batch.rows.len(), batch.series.len()), (250, 15));
    let order: Vec<_> = batch.rows.iter().map(|row| (row.tenant_id, row.ts_us, row.event_key)).collect();
    assert!(order.windows(2).all(|pair| pair[0] < pair[1]));
    for row in &batch.rows {
        let id: u32 = std::str::from_utf8(&batch.text(row, 1).unwrap()[1..]).unwrap().parse().unwrap();
        let series = batch.series.get(row.series as usize);
        assert_eq!((series.tenant_id, series.dimensions[2].as_str()), (row.tenant_id, format!("m{}", id % 3).as_str()));
    }
}

#[test]
fn rows_far_apart_in_tenant_and_time_are_sorted_too() {
    let tenants: Vec<TenantRules> = [i32::MAX, -1, 0, i32::MIN].into_iter().map(tenant).collect();
    let times = ["2026-11-20T12:00:00Z", "2000-01-01T00:00:00Z", "2010-01-01T00:00:00.000001Z", "2010-01-01T00:00:00Z"];
    let event = |i: usize| format!("{{\"id\":\"e{i}\",\"model\":\"m\",\"time\":\"{}\"}}\n", times[i % 4]);
    let body: String = (0..20).map(event).chain([event(3)]).collect();
    let messages: Vec<Message> =
        tenants.iter().map(|tenant| message(tenant, body.as_bytes(), Format::Ndjson)).collect();
    let batch = decode(&messages, &Limits::default());
    assert_eq!(batch.rows.len(), 80);
    assert!(batch.tallies.iter().all(|tally| tally.duplicate == 1));
    let order: Vec<_> = batch.rows.iter().map(|row| (row.tenant_id, row.ts_us, row.event_key)).collect();
    assert!(order.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn a_key_of_the_event_is_unknown_in_its_usage() {
    let body = br#"{"id":"a","model":"m","time_unix_s":1795176000,"usage":{"input_tokens":1,"provider":"x"}}"#;
    let batch = decode_one(body, Format::Ndjson);
    assert_eq!((batch.series.dimension(0, 0), batch.warnings.unknown_field), ("", 1));
}

#[test]
fn rejects_beyond_the_bound_are_only_counted_and_payloads_are_cut() {
    let limits = Limits { rejects_kept_max: 2, payload_kept_bytes_max: 3, ..Limits::default() };
    let tenant = tenant(7);
    let batch = decode(&[message(&tenant, b"x\nxyz\nxyzzy\nx\n", Format::Ndjson)], &limits);
    assert_eq!((batch.rejects.len(), batch.tallies[0].rejected, batch.tallies[0].received), (2, 4, 4));
    assert_eq!((&*batch.rejects[1].payload, batch.rejects[1].payload_truncated), (&b"xyz"[..], false));
    let batch = decode(&[message(&tenant, b"xyzzy", Format::Ndjson)], &limits);
    assert_eq!((&*batch.rejects[0].payload, batch.rejects[0].payload_truncated), (&b"xyz"[..], true));
}
