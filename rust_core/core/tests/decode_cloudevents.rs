//! CloudEvents 1.0: envelopes in every shape of body, what they must say, and what the event within may repeat.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use hub_core::batch::Batch;
use hub_core::decode::{Dialect, Format, Message, PieceBounds, TenantRules, Verdicts, decode, examine};
use hub_core::limits::Limits;
use hub_core::reject::Code;
use hub_core::series::event_key;

/// 2026-11-20T13:00:00Z.
const RECEIVED_AT_US: i64 = 1_795_179_600_000_000;
const EVENT_US: i64 = 1_795_176_000_000_000;

fn decode_body(body: &str) -> Batch {
    let rules = TenantRules::new(7, "acme", None, &[]);
    let dialect = Dialect::CloudEvents;
    decode(&[Message { dialect, ..Message::new(&rules, RECEIVED_AT_US, body.as_bytes()) }], &Limits::default())
}

/// An envelope with its required attributes; `more` follows them.
fn envelope(id: &str, more: &str) -> String {
    format!(r#"{{"specversion":"1.0","type":"llm.usage","id":"{id}","source":"/gateway/eu"{more}}}"#)
}

const TIME: &str = r#","time":"2026-11-20T12:00:00Z""#;

fn code_of(body: &str) -> Option<(Code, String)> {
    let batch = decode_body(body);
    assert_eq!(batch.rows.len() + batch.rejects.len(), 1, "{body}");
    batch.rejects.first().map(|reject| (reject.code, reject.field.to_string()))
}

#[test]
fn the_event_has_the_id_the_source_and_the_time_of_its_envelope() {
    let body = envelope("a", &format!(r#"{TIME},"data":{{"model":"m","usage":{{"input_tokens":5}}}}"#));
    let batch = decode_body(&body);
    let row = batch.rows[0];
    assert_eq!((row.event_key, row.ts_us, row.tokens[0]), (event_key(b"/gateway/eu", b"a"), EVENT_US, 5));
    assert_eq!((batch.text(&row, 0), batch.text(&row, 1)), (Some(&b"/gateway/eu"[..]), Some(&b"a"[..])));
    assert_eq!(batch.warnings.unknown_field, 0);
}

#[test]
fn every_shape_of_body_holds_envelopes() {
    let one = |id: &str| envelope(id, &format!(r#"{TIME},"data":{{"model":"m"}}"#));
    let (a, b) = (one("a"), one("b"));
    for (body, rows) in [
        (a.clone(), 1),
        (format!("[{a},{b}]"), 2),
        (format!("{a}\n{b}\n"), 2),
        (format!(r#"{{"events":[{a}, {b}]}}"#), 2),
        ("[]".into(), 0),
    ] {
        assert_eq!(decode_body(&body).rows.len(), rows, "{body}");
    }
}

#[test]
fn what_an_envelope_may_say_is_accepted() {
    for more in [
        format!(
            r#"{TIME},"data":{{"model":"m","id":"a","source":" /gateway/eu ","time":"2026-11-20T13:00:00+01:00"}}"#
        ),
        format!(r#"{TIME},"data":{{"model":"m","time_unix_s":1795176000}}"#),
        r#","data":{"model":"m","time":"2026-11-20T12:00:00Z"}"#.into(),
        r#","time":null,"data_base64":null,"data":{"model":"m","time_unix_s":1795176000}"#.into(),
        format!(r#"{TIME},"datacontenttype":"application/json; charset=utf-8","data":{{"model":"m"}}"#),
        format!(r#"{TIME},"datacontenttype":"application/vnd.llm+JSON","data":{{"model":"m"}}"#),
        format!(r#"{TIME},"subject":"s","dataschema":"urn:x","data":{{"model":"m"}}"#),
        format!(r#"{TIME},"data_base64":"eyJtb2RlbCI6Im0ifQ==""#),
    ] {
        let body = envelope("a", &more);
        assert_eq!(code_of(&body), None, "{body}");
        assert_eq!(decode_body(&body).rows[0].ts_us, EVENT_US, "{body}");
    }
}

#[test]
fn extension_attributes_are_counted() {
    let batch = decode_body(&envelope("a", &format!(r#"{TIME},"traceparent":"x","n":5,"data":{{"model":"m","x":1}}"#)));
    assert_eq!((batch.rows.len(), batch.warnings.unknown_field), (1, 3));
}

#[test]
fn every_fault_of_an_envelope_has_its_code_and_names_its_attribute() {
    let e = |more: &str| envelope("a", more);
    let good = e(&format!(r#"{TIME},"data":{{"model":"m"}}"#));
    assert_eq!(code_of(&good), None);
    for (body, code, field) in [
        (good.replace(r#""specversion":"1.0","#, ""), Code::BadEnvelope, "specversion"),
        (good.replace(r#""1.0""#, r#""0.3""#), Code::BadEnvelope, "specversion"),
        (good.replace(r#""1.0""#, "1.0"), Code::BadEnvelope, "specversion"),
        (good.replace(r#""type":"llm.usage","#, ""), Code::BadEnvelope, "type"),
        (good.replace(r#""llm.usage""#, r#""""#), Code::BadEnvelope, "type"),
        (good.replace(r#""id":"a","#, ""), Code::BadEnvelope, "id"),
        (good.replace(r#""id":"a""#, r#""id":7"#), Code::BadEnvelope, "id"),
        (good.replace(r#""/gateway/eu""#, r#"" ""#), Code::BadEnvelope, "source"),
        (good.replace(r#""/gateway/eu""#, "null"), Code::BadEnvelope, "source"),
        (good.replace(r#""/gateway/eu""#, r#""\u0000""#), Code::NulCharacter, "source"),
        (good.replace(r#""/gateway/eu""#, &format!("\"{}\"", "s".repeat(129))), Code::TooLong, "source"),
        (e(r#","id":"a""#), Code::DuplicateKey, "id"),
        (e(r#","time":5,"data":{"model":"m"}"#), Code::BadEnvelope, "time"),
        (e(r#","time":"yesterday","data":{"model":"m"}"#), Code::InvalidTime, "time"),
        (e(r#","data":{"model":"m"}"#), Code::MissingTime, "time"),
        (
            e(&format!(r#"{TIME},"datacontenttype":"text/plain","data":{{"model":"m"}}"#)),
            Code::BadEnvelope,
            "datacontenttype",
        ),
        (e(TIME), Code::BadEnvelope, "data"),
        (e(&format!(r#"{TIME},"data":null"#)), Code::BadEnvelope, "data"),
        (e(&format!(r#"{TIME},"data":"text""#)), Code::NotAnObject, "data"),
        (e(&format!(r#"{TIME},"data":[{{}}]"#)), Code::NotAnObject, "data"),
        (e(&format!(r#"{TIME},"data":{{"model":"m"}},"data_base64":"e30=""#)), Code::BadEnvelope, "data"),
        (e(&format!(r#"{TIME},"data_base64":"e30""#)), Code::BadEnvelope, "data_base64"),
        (e(&format!(r#"{TIME},"data_base64":"W10=""#)), Code::NotAnObject, "data_base64"),
        (e(&format!(r#"{TIME},"data_base64":"e2E=""#)), Code::InvalidJson, "data_base64"),
        (e(&format!(r#"{TIME},"data_base64":"/w==""#)), Code::InvalidUtf8, "data_base64"),
        (e(&format!(r#"{TIME},"data":{{"model":"m","id":"b"}}"#)), Code::EnvelopeMismatch, "id"),
        (e(&format!(r#"{TIME},"data":{{"model":"m","source":"b"}}"#)), Code::EnvelopeMismatch, "source"),
        (e(&format!(r#"{TIME},"data":{{"model":"m","time":"2026-11-20T12:00:01Z"}}"#)), Code::ConflictingTime, "time"),
        (e(&format!(r#"{TIME},"data":{{"model":"m","time":"noon"}}"#)), Code::InvalidTime, "time"),
        (e(&format!(r#"{TIME},"data":{{"model":"m","time_unix_s":1}}"#)), Code::InvalidTime, "time_unix_s"),
        (
            e(&format!(r#"{TIME},"data":{{"model":"m","time_unix_s":1795176001}}"#)),
            Code::ConflictingTime,
            "time_unix_s",
        ),
        (e(&format!(r#"{TIME},"data":{{"model":"m","usage":[]}}"#)), Code::WrongType, "usage"),
        (e(&format!(r#"{TIME},"data":{{"usage":{{}}}}"#)), Code::MissingModel, "model"),
        (r#"{"id":"a","model":"m","time_unix_s":1795176000}"#.into(), Code::BadEnvelope, "specversion"),
        ("[1]".into(), Code::NotAnObject, ""),
        (good.replace("}}", "}"), Code::InvalidJson, ""),
    ] {
        assert_eq!(code_of(&body), Some((code, field.to_owned())), "{body}");
    }
}

#[test]
fn pieces_of_envelopes_decode_to_what_the_body_does() {
    let rules = TenantRules::new(7, "acme", None, &[]);
    let one = |id: usize| {
        envelope(
            &format!("e{id}"),
            if id.is_multiple_of(5) { TIME } else { r#","data":{"model":"m","time_unix_s":1795176000}"# },
        )
    };
    let events: Vec<String> = (0..100).map(one).collect();
    for (body, format) in [(format!("[{}]", events.join(",")), Format::Json), (events.join("\n"), Format::Ndjson)] {
        let dialect = Dialect::CloudEvents;
        let message = Message { format, dialect, ..Message::new(&rules, RECEIVED_AT_US, body.as_bytes()) };
        let examined = examine(&message, &Limits::default(), PieceBounds { bytes_max: 2_000, verdict_bytes_max: 99 });
        assert_eq!((examined.received, examined.accepted, examined.rejected), (100, 80, 20));
        assert!(examined.pieces.len() > 5);
        let verdicts = examined.pieces.iter().map(|piece| Verdicts::parse(piece.verdicts.as_bytes()).unwrap());
        let verdicts: Vec<Verdicts> = verdicts.collect();
        let pieces = examined.pieces.iter().zip(&verdicts).map(|(piece, verdicts)| Message {
            format: piece.format,
            dialect,
            verdicts: Some(verdicts),
            ..Message::new(&rules, RECEIVED_AT_US, &piece.payload)
        });
        let again = decode(&pieces.collect::<Vec<_>>(), &Limits::default());
        let whole = decode(&[message], &Limits::default());
        let keys = |batch: &Batch| batch.rows.iter().map(|row| row.event_key).collect::<Vec<_>>();
        assert_eq!(keys(&whole), keys(&again));
        let rejects =
            |batch: &Batch| batch.rejects.iter().map(|one| (one.code, one.payload.clone())).collect::<Vec<_>>();
        assert_eq!(rejects(&whole), rejects(&again));
    }
}
