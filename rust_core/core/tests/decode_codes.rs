//! Every reject code that decoding can give, produced by an event; and what is legal although it looks odd.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use std::collections::HashSet;

use hub_core::batch::Batch;
use hub_core::decode::{Message, TenantRules, decode};
use hub_core::limits::Limits;
use hub_core::reject::Code;

/// 2026-11-20T13:00:00Z.
const RECEIVED_AT_US: i64 = 1_795_179_600_000_000;
const WEEK_US: i64 = 7 * 86_400 * 1_000_000;

fn decode_bytes(payload: &[u8], limits: &Limits) -> Batch {
    let tenant = TenantRules::new(7, "acme", Some(WEEK_US), &["team".into()]);
    let message = Message { origin: "test", ..Message::new(&tenant, RECEIVED_AT_US, payload) };
    decode(&[message], limits)
}

/// An event with its required fields; `more` follows them.
fn event(more: &str) -> String {
    format!(r#"{{"id":"e1","model":"m","time":"2026-11-20T12:00:00Z"{more}}}"#)
}

/// Code, field and byte of the one reject of a body that is one event.
fn verdict(body: &[u8]) -> Option<(Code, String, i32)> {
    let batch = decode_bytes(body, &Limits::default());
    assert_eq!(batch.rows.len() + batch.rejects.len(), 1, "{:?}", String::from_utf8_lossy(body));
    assert_eq!(batch.tallies[0].received, 1);
    batch.rejects.first().map(|reject| (reject.code, reject.field.to_string(), reject.at_byte))
}

/// Events that are refused, with the code, the field and (for syntax) the byte.
fn refused() -> Vec<(String, Code, &'static str)> {
    let tags = |n: usize| (0..n).map(|i| format!("\"k{i}\":\"v\"")).collect::<Vec<_>>().join(",");
    let long = |n: usize| "x".repeat(n);
    let e = event;
    vec![
        (e(r#","a":tru"#), Code::InvalidJson, ""),
        (e(r#","a":NaN"#), Code::InvalidJson, ""),
        (e(r#","a":Infinity"#), Code::InvalidJson, ""),
        (e(r#","latency_ms":-Infinity"#), Code::InvalidJson, ""),
        (e(r#","usage":{"input_tokens":007}"#), Code::InvalidJson, ""),
        (e(r#","usage":{"input_tokens":+7}"#), Code::InvalidJson, ""),
        (e(" /* c */ "), Code::InvalidJson, ""),
        (e(r#","user":'u'"#), Code::InvalidJson, ""),
        (e(""), Code::InvalidJson, "").trailing("x"),
        (e(""), Code::InvalidJson, "").truncated(5),
        (e(",\"user\":\"a\u{1}b\""), Code::InvalidJson, ""),
        (e(r#","user":"\x""#), Code::InvalidJson, ""),
        (e(",\"user\":\"a\0b\""), Code::NulCharacter, ""),
        (e(r#","user":"a\u0000b""#), Code::NulCharacter, "user"),
        (e(r#","tags":{"a\u0000":"b"}"#), Code::NulCharacter, "tags"),
        (e(r#","user":"\ud800""#), Code::InvalidUnicode, "user"),
        (e(r#","user":"\udc00\ud800""#), Code::InvalidUnicode, "user"),
        (e(r#","tags":{"k":"\ud83dx"}"#), Code::InvalidUnicode, "tags"),
        (e(&format!(",\"a\":{}1{}", "[".repeat(64), "]".repeat(64))), Code::TooDeep, ""),
        (e(&format!(",\"a\":{}", "[".repeat(100_000))), Code::TooDeep, ""),
        (e(&format!(",\"a\":\"{}\"", long(1 << 20))), Code::EventTooLarge, ""),
        ("[[1]]".into(), Code::NotAnObject, ""),
        ("\"text\"".into(), Code::NotAnObject, ""),
        ("null".into(), Code::NotAnObject, ""),
        ("17".into(), Code::NotAnObject, ""),
        (e(r#","id":"e2""#), Code::DuplicateKey, "id"),
        (e(r#","\u0069d":"e2""#), Code::DuplicateKey, "id"),
        (e(r#","user":null,"user":"u""#), Code::DuplicateKey, "user"),
        (e(r#","usage":{"input_tokens":1,"input_tokens":1}"#), Code::DuplicateKey, "usage.input_tokens"),
        (e(r#","tags":{"a":"1","a":"1"}"#), Code::DuplicateKey, "tags.a"),
        (e(r#","tags":{"a":"1"," a ":null}"#), Code::DuplicateKey, "tags.a"),
        (e(r#","user":5"#), Code::WrongType, "user"),
        (e(r#","user":["u"]"#), Code::WrongType, "user"),
        (e(r#","usage":[]"#), Code::WrongType, "usage"),
        (e(r#","usage":{"input_tokens":"5"}"#), Code::WrongType, "usage.input_tokens"),
        (e(r#","usage":{"input_tokens":true}"#), Code::WrongType, "usage.input_tokens"),
        (e(r#","usage":{"estimated":1}"#), Code::WrongType, "usage.estimated"),
        (e(r#","tags":"a""#), Code::WrongType, "tags"),
        (e(r#","tags":{"a":1}"#), Code::WrongType, "tags.a"),
        (e(r#","latency_ms":"5""#), Code::WrongType, "latency_ms"),
        (e(r#","cost_usd":"5 dollars""#), Code::WrongType, "cost_usd"),
        (e(r#","cost_usd":"NaN""#), Code::WrongType, "cost_usd"),
        (e(r#","tenant":1"#), Code::WrongType, "tenant"),
        (e(r#","time_unix_ms":"1795176000000""#), Code::WrongType, "time_unix_ms"),
        (e(r#","usage":{"input_tokens":5.0}"#), Code::NotAnInteger, "usage.input_tokens"),
        (e(r#","usage":{"input_tokens":1e3}"#), Code::NotAnInteger, "usage.input_tokens"),
        (e(r#","time_unix_ms":1795176000000.5"#), Code::NotAnInteger, "time_unix_ms"),
        (e(r#","usage":{"input_tokens":-1}"#), Code::Negative, "usage.input_tokens"),
        (e(r#","latency_ms":-0.001"#), Code::Negative, "latency_ms"),
        (e(r#","cost_usd":"-1""#), Code::Negative, "cost_usd"),
        (e(r#","usage":{"input_tokens":1000000001}"#), Code::OutOfRange, "usage.input_tokens"),
        (e(r#","usage":{"input_tokens":18446744073709551616}"#), Code::OutOfRange, "usage.input_tokens"),
        (e(&format!(r#","usage":{{"input_tokens":{}}}"#, "9".repeat(5000))), Code::OutOfRange, "usage.input_tokens"),
        (e(r#","usage":{"total_tokens":9000000001}"#), Code::OutOfRange, "usage.total_tokens"),
        (e(r#","usage":{"web_searches":1000001}"#), Code::OutOfRange, "usage.web_searches"),
        (e(r#","latency_ms":604800000.001"#), Code::OutOfRange, "latency_ms"),
        (e(r#","ttft_ms":1e999999"#), Code::OutOfRange, "ttft_ms"),
        (e(r#","cost_usd":1000000.000000000001"#), Code::CostOutOfRange, "cost_usd"),
        (e(&format!(r#","source":"{}""#, long(129))), Code::TooLong, "source"),
        (e(&format!(r#","user":"{}""#, long(257))), Code::TooLong, "user"),
        (e(&format!(r#","user":"{}""#, "é".repeat(129))), Code::TooLong, "user"),
        (e(&format!(r#","tags":{{"{}":"v"}}"#, long(65))), Code::TooLong, "tags"),
        (e(&format!(r#","tags":{{"k":"{}"}}"#, long(257))), Code::TooLong, "tags.k"),
        (e(&format!(r#","tags":{{{}}}"#, tags(33))), Code::TooManyTags, "tags"),
        (r#"{"model":"m","time":"2026-11-20T12:00:00Z"}"#.into(), Code::MissingId, "id"),
        (r#"{"id":"  ","model":"m","time":"2026-11-20T12:00:00Z"}"#.into(), Code::MissingId, "id"),
        (r#"{"id":null,"model":"m","time":"2026-11-20T12:00:00Z"}"#.into(), Code::MissingId, "id"),
        (r#"{"id":"e","time":"2026-11-20T12:00:00Z"}"#.into(), Code::MissingModel, "model"),
        (r#"{"id":"e","model":"m"}"#.into(), Code::MissingTime, "time"),
        (r#"{"id":"e","model":"m","time":"2026-11-20T12:00:00"}"#.into(), Code::InvalidTime, "time"),
        (r#"{"id":"e","model":"m","time":"1999-12-31T23:59:59Z"}"#.into(), Code::InvalidTime, "time"),
        (r#"{"id":"e","model":"m","time_unix_s":-5}"#.into(), Code::InvalidTime, "time_unix_s"),
        (r#"{"id":"e","model":"m","time_unix_ms":99999999999999999999}"#.into(), Code::InvalidTime, "time_unix_ms"),
        (r#"{"id":"e","model":"m","time_unix_s":1e300}"#.into(), Code::InvalidTime, "time_unix_s"),
        (e(r#","time_unix_s":1795176001"#), Code::ConflictingTime, "time_unix_s"),
        (r#"{"id":"e","model":"m","time":"2026-11-20T13:10:00.000001Z"}"#.into(), Code::InFuture, "time"),
        (r#"{"id":"e","model":"m","time":"2026-11-13T12:59:59.999999Z"}"#.into(), Code::TooOld, "time"),
        (r#"{"id":"017F22E2-79B0-7CC3-98C4-DC0C0C07398F","model":"m"}"#.into(), Code::TooOld, "id"),
        (e(r#","status":"fine""#), Code::UnknownStatus, "status"),
        (e(r#","tenant":"other""#), Code::TenantMismatch, "tenant"),
    ]
}

/// Ways to spoil a case.
trait Spoil {
    fn trailing(self, text: &str) -> Self;
    fn truncated(self, bytes: usize) -> Self;
}

impl Spoil for (String, Code, &'static str) {
    fn trailing(mut self, text: &str) -> Self {
        self.0.push_str(text);
        self
    }

    fn truncated(mut self, bytes: usize) -> Self {
        self.0.truncate(self.0.len() - bytes);
        self
    }
}

#[test]
fn every_fault_has_its_code_and_names_its_field() {
    for (body, code, field) in refused() {
        let shown: String = body.chars().take(200).collect();
        let Some((found, blamed, at_byte)) = verdict(body.as_bytes()) else {
            panic!("accepted: {shown}");
        };
        assert_eq!((found, blamed.as_str()), (code, field), "{shown}");
        let is_syntax = matches!(
            found,
            Code::InvalidJson | Code::TooDeep | Code::NulCharacter | Code::InvalidUnicode | Code::InvalidUtf8
        );
        assert_eq!(at_byte >= 0, is_syntax, "{shown}");
    }
}

#[test]
fn bytes_that_are_not_utf8_have_their_code() {
    let mut body = event(r#","user":"u?""#).into_bytes();
    let at = body.iter().position(|byte| *byte == b'?').unwrap();
    body[at] = 0xff;
    assert_eq!(verdict(&body), Some((Code::InvalidUtf8, String::new(), at as i32)));
    assert_eq!(verdict(b"\xff\xfe{\0}\0"), Some((Code::InvalidUtf8, String::new(), 0)));
}

#[test]
fn a_full_batch_refuses_the_events_that_do_not_fit() {
    let limits = Limits { batch_text_bytes_max: 50, ..Limits::default() };
    let body = format!("{}\n{}\n", event(""), event("").replace("e1", "e2-longer"));
    let batch = decode_bytes(body.as_bytes(), &limits);
    assert_eq!((batch.rows.len(), batch.rejects[0].code), (1, Code::BatchFull));
}

#[test]
fn a_message_that_nobody_could_open_is_one_reject_whatever_it_holds() {
    let tenant = TenantRules::new(7, "acme", None, &[]);
    let body = format!("{}\n{}\n", event(""), event(""));
    let message = Message {
        events: Some(2),
        base_position: 40,
        refused: Some((Code::BadEncoding, "the gzip stream ends early")),
        ..Message::new(&tenant, RECEIVED_AT_US, body.as_bytes())
    };
    let limits = Limits { payload_kept_bytes_max: 10, ..Limits::default() };
    let batch = decode(&[message], &limits);
    let reject = &batch.rejects[0];
    assert_eq!((reject.code, reject.text()), (Code::BadEncoding, "the gzip stream ends early"));
    assert_eq!((reject.position, reject.payload.len(), reject.payload_truncated), (40, 10, true));
    assert_eq!((batch.rows.len(), batch.rejects.len()), (0, 1));
    let tally = batch.tallies[0];
    assert_eq!((tally.received, tally.rejected), (1, 1));
}

#[test]
fn every_code_of_decoding_is_produced_by_a_case() {
    let mut produced: HashSet<Code> = refused().into_iter().map(|(_, code, _)| code).collect();
    produced.extend([Code::InvalidUtf8, Code::BatchFull]);
    // By the database; by a collector of a later version (decode_pieces.rs); by envelopes (decode_cloudevents.rs).
    let elsewhere = [
        Code::RefusedByDatabase,
        Code::RefusedAtEdge,
        Code::BadEnvelope,
        Code::EnvelopeMismatch,
        // Given by whoever opens messages, in Python.
        Code::BadHeader,
        Code::BadEncoding,
        Code::MessageTooLarge,
        Code::TooManyEvents,
    ];
    let missing: Vec<_> = Code::ALL.iter().filter(|c| !produced.contains(c) && !elsewhere.contains(c)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_is_legal_is_accepted() {
    let nested = format!(",\"a\":{}1{}", "[".repeat(63), "]".repeat(63));
    let tags: Vec<String> = (0..32).map(|i| format!("\"k{i}\":\"v\"")).collect();
    let legal = [
        event(""),
        event(&nested),
        event(r#","user":null,"usage":null,"tags":null,"latency_ms":null,"cost_usd":null,"time_unix_s":null"#),
        event(r#","unknown":{"id":1,"id":2},"unknown":3,"x":"\ud800\u0000""#),
        event(r#","usage":{"input_tokens":-0,"output_tokens":1000000000,"web_searches":1000000,"estimated":true}"#),
        event(r#","usage":{"input_tokens":null,"estimated":null,"model":7}"#),
        event(r#","latency_ms":604800000,"ttft_ms":1.5e3,"cost_usd":"1000000""#),
        event(r#","latency_ms":-0.0,"cost_usd":" 0.25 ""#),
        event(r#","status":" OK ","tenant":" acme ""#),
        event(r#","time_unix_s":1795176000,"time_unix_ms":1795176000000,"time_unix_ns":1795176000000000999"#),
        event(&format!(",\"tags\":{{{}}}", tags.join(","))),
        event(r#","user":"tab\tand \u0001 and \ud83d\ude00""#),
        event(&format!(r#","user":"  {}  ""#, "x".repeat(256))),
        r#"{"\u0069d":"e","model":"m","time_unix_s":1795176000.25}"#.into(),
        r#" { "id" : "e" , "model" : "m" , "time" : "2026-11-13T13:00:00Z" } "#.into(),
        r#"{"id":"e","model":"m","time":"2026-11-20T13:10:00Z"}"#.into(),
    ];
    for body in legal {
        assert_eq!(verdict(body.as_bytes()), None, "{body}");
    }
}
