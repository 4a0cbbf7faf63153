//! Decoding the pieces of a body with their verdicts gives what decoding the body gives, however broken it is.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

#[path = "../examples/generator/mod.rs"]
#[allow(dead_code, reason = "shared with the examples, which use other parts of it")]
mod generator;

mod bodies;

use std::borrow::Cow;

use bodies::{PIECES, body, mutate};
use generator::{RECEIVED_AT_US, Random, write_event};
use hub_core::batch::{Batch, Row, TEXT_FIELDS};
use hub_core::decode::{Dialect, Examined, Format, Message, PieceBounds, TenantRules, Verdicts, decode, examine};
use hub_core::limits::Limits;
use hub_core::reject::Code;
use hub_core::texts::Texts;

/// Bodies mutated for each test: some seconds in the fast profile.
const BODIES: u64 = 20_000;
const DIALECTS: [Dialect; 3] = [Dialect::Canonical, Dialect::Canonical, Dialect::CloudEvents];
const FORMATS: [Format; 4] = [Format::Auto, Format::Auto, Format::Json, Format::Ndjson];

fn tenant() -> TenantRules {
    TenantRules::new(7, "acme", Some(86_400_000_000), &["team".into()])
}

fn decode_pieces(examined: &Examined, origin: &Message, limits: &Limits) -> Batch {
    let verdicts: Vec<Verdicts> =
        examined.pieces.iter().map(|piece| Verdicts::parse(piece.verdicts.as_bytes()).unwrap()).collect();
    let messages: Vec<Message> = examined
        .pieces
        .iter()
        .zip(&verdicts)
        .map(|(piece, verdicts)| Message {
            format: piece.format,
            events: Some(piece.events),
            base_position: piece.base_position,
            verdicts: Some(verdicts),
            payload: &piece.payload,
            ..*origin
        })
        .collect();
    decode(&messages, limits)
}

/// A row without what depends on the message it came in, with its texts and its series.
fn shown(batch: &Batch, row: &Row) -> String {
    let shown = |text: Option<&[u8]>| text.map(|text| String::from_utf8_lossy(text).into_owned());
    let texts: Vec<_> = (0..TEXT_FIELDS).map(|place| shown(batch.text(row, place))).collect();
    let nowhere = Texts::put(&mut Vec::new(), [None; TEXT_FIELDS], None);
    let plain = Row { message: 0, ordinal: 0, series: 0, texts: nowhere, ..*row };
    format!("{plain:?} {texts:?} {:?} {:?}", shown(batch.tags(row)), batch.series.get(row.series as usize))
}

fn assert_same(whole: &Batch, pieces: &Batch, context: &str) {
    let rows = |batch: &Batch| batch.rows.iter().map(|row| shown(batch, row)).collect::<Vec<_>>();
    assert_eq!(rows(whole), rows(pieces), "{context}");
    let rejects = |batch: &Batch| {
        let plain = |reject: &hub_core::reject::Reject| {
            let mut reject = reject.clone();
            (reject.message, reject.ordinal) = (0, 0);
            reject
        };
        batch.rejects.iter().map(plain).collect::<Vec<_>>()
    };
    assert_eq!(rejects(whole), rejects(pieces), "{context}");
    let tallies = |batch: &Batch| batch.tallies.iter().filter(|tally| tally.received > 0).copied().collect::<Vec<_>>();
    assert_eq!(tallies(whole), tallies(pieces), "{context}");
    assert_eq!(whole.warnings, pieces.warnings, "{context}");
}

/// Cut a body, hold the pieces to what they promise, and compare. How many pieces there were.
fn check(payload: &[u8], format: Format, dialect: Dialect, bounds: PieceBounds, limits: &Limits) -> usize {
    let rules = tenant();
    let message = Message { format, dialect, base_position: 1_000, ..Message::new(&rules, RECEIVED_AT_US, payload) };
    let whole = decode(&[message], limits);
    let examined = examine(&message, limits, bounds);
    let context = format!("{format:?} {:?}\n{examined:?}", String::from_utf8_lossy(payload));
    assert_same(&whole, &decode_pieces(&examined, &message, limits), &context);
    assert_eq!(examined.received, examined.accepted + examined.rejected, "{context}");
    assert_eq!(examined.received, examined.pieces.iter().map(|piece| piece.events).sum::<u64>(), "{context}");
    let kept = |rejects: &[hub_core::reject::Reject]| {
        rejects
            .iter()
            .map(|reject| (reject.ordinal, reject.position, reject.code, reject.field.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&whole.rejects), kept(&examined.rejects), "{context}");
    for piece in &examined.pieces {
        let is_alone = piece.events == 1;
        assert!(is_alone || piece.payload.len() <= bounds.bytes_max, "{context}");
        assert!(piece.verdicts.len() <= bounds.verdict_bytes_max.max(64), "{context}");
        assert!(piece.payload.len() <= bounds.bytes_max.max(limits.event_bytes_max) + 48, "{context}");
        assert_ne!(piece.format, Format::Auto);
    }
    examined.pieces.len()
}

fn bounds(random: &mut Random) -> PieceBounds {
    let bytes_max = [16, 700, 1_500, 1 << 20][random.below(4) as usize];
    PieceBounds { bytes_max, verdict_bytes_max: [0, 80, 60_000][random.below(3) as usize] }
}

#[test]
fn pieces_of_mutated_bodies_decode_to_what_the_bodies_do() {
    let limits = Limits { event_bytes_max: 900, payload_kept_bytes_max: 300, ..Limits::default() };
    let mut cut = 0;
    for seed in 0..BODIES {
        let mut random = Random(seed);
        let mut payload = Vec::new();
        for _ in 0..1 + random.below(3) {
            let mut body = body(&mut random);
            mutate(&mut random, &mut body);
            payload.extend_from_slice(&body);
            payload.extend_from_slice([&b"\n"[..], b"", b" "][random.below(3) as usize]);
        }
        let bounds = bounds(&mut random);
        let (format, dialect) = (FORMATS[random.below(4) as usize], DIALECTS[random.below(3) as usize]);
        cut += usize::from(check(&payload, format, dialect, bounds, &limits) > 1);
    }
    assert!(cut > 5_000, "most bodies must be cut: {cut}");
}

#[test]
fn pieces_of_json_letters_decode_to_what_the_bodies_do() {
    for seed in 0..BODIES {
        let mut random = Random(seed);
        let mut body = [&b""[..], b"[", b"{\"events\":[", b"[]\n"][random.below(4) as usize].to_vec();
        for _ in 0..random.below(24) {
            body.extend_from_slice(PIECES[random.below(PIECES.len() as u64) as usize].as_bytes());
        }
        for format in FORMATS {
            check(&body, format, Dialect::Canonical, bounds(&mut random), &Limits::default());
        }
    }
}

#[test]
fn elements_that_swallow_what_follows_keep_their_bytes() {
    let broken: [&[u8]; 12] = [
        b"{\"a\":1",
        b"{\"a\":\"b\n",
        b"\"a\n",
        b"\"a\\\n",
        b"",
        b"{\"a\":[1,2}",
        b"}",
        b"{\"a\":[1",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"{\"id\":\"a\",\"model\":\"m\",\"time_unix_s\":1795176000}",
        b"\"a \n  ",
    ];
    let limits = Limits::default();
    for seed in 0..BODIES {
        let mut random = Random(seed);
        let joints: [&[u8]; 4] = [b",", b"],\"events\":[", b"\n", b"]\n"];
        let mut body = [&b"["[..], b"{\"events\":[", b"{}\n"][random.below(3) as usize].to_vec();
        for _ in 0..1 + random.below(8) {
            body.extend_from_slice(broken[random.below(broken.len() as u64) as usize]);
            body.extend_from_slice(joints[random.below(8).saturating_sub(4) as usize]);
        }
        let bounds = PieceBounds { bytes_max: 8 << random.below(4), verdict_bytes_max: 1 << 16 };
        check(&body, FORMATS[random.below(4) as usize], Dialect::Canonical, bounds, &limits);
    }
}

#[test]
fn a_body_that_fits_is_handed_on_as_it_is() {
    let (rules, limits) = (tenant(), Limits::default());
    let bounds = PieceBounds { bytes_max: 900_000, verdict_bytes_max: 60_000 };
    for (payload, format) in [("[{},{}]", Format::Json), ("{}\n{}", Format::Ndjson), ("{}", Format::Json)] {
        let examined = examine(&Message::new(&rules, RECEIVED_AT_US, payload.as_bytes()), &limits, bounds);
        let [piece] = &examined.pieces[..] else { panic!("{payload}") };
        assert!(matches!(piece.payload, Cow::Borrowed(same) if std::ptr::eq(same, payload.as_bytes())));
        assert_eq!(piece.format, format);
    }
    assert!(examine(&Message::new(&rules, RECEIVED_AT_US, b" [ ] "), &limits, bounds).pieces.is_empty());
}

#[test]
fn a_large_body_of_lines_is_cut_without_a_copy() {
    let (rules, limits) = (tenant(), Limits::default());
    let mut body = String::new();
    for i in 0..5_000 {
        write_event(&mut Random(i), i, &mut body);
    }
    let bounds = PieceBounds { bytes_max: 900_000, verdict_bytes_max: 60_000 };
    let examined = examine(&Message::new(&rules, RECEIVED_AT_US, body.as_bytes()), &limits, bounds);
    assert_eq!((examined.accepted, examined.pieces.len()), (5_000, body.len().div_ceil(899_000)));
    assert!(examined.pieces.iter().all(|piece| matches!(piece.payload, Cow::Borrowed(_))));
    let array = format!("[{}]", body.trim_end().replace('\n', ","));
    let examined = examine(&Message::new(&rules, RECEIVED_AT_US, array.as_bytes()), &limits, bounds);
    assert_eq!((examined.accepted, examined.pieces.len()), (5_000, array.len().div_ceil(899_000)));
}

#[test]
fn hostile_bodies_do_not_become_many_pieces() {
    let (rules, limits) = (tenant(), Limits::default());
    let bounds = PieceBounds { bytes_max: 900_000, verdict_bytes_max: 60_000 };
    for (begin, part) in [("[", ","), ("{\"events\":[", "{\n],\"events\":["), ("[", "\"\n,"), ("", "x\n")] {
        let body = format!("{begin}{}", part.repeat(3_000_000 / part.len()));
        let examined = examine(&Message::new(&rules, RECEIVED_AT_US, body.as_bytes()), &limits, bounds);
        let verdict_bytes: usize = examined.pieces.iter().map(|piece| piece.verdicts.len()).sum();
        assert!(examined.pieces.len() <= 4 + verdict_bytes / 59_000, "{part:?} {}", examined.pieces.len());
        assert_eq!(examined.received, examined.rejected, "{part:?}");
    }
}

#[test]
fn who_decodes_obeys_though_its_clock_and_rules_are_others() {
    let (rules, limits) = (tenant(), Limits::default());
    let body = br#"[{"id":"a","model":"m","time_unix_s":1795176000,"tenant":"acme"},{"id":"b","model":"m"}]"#;
    let bounds = PieceBounds { bytes_max: 900_000, verdict_bytes_max: 60_000 };
    let examined = examine(&Message::new(&rules, RECEIVED_AT_US, body), &limits, bounds);
    assert_eq!(examined.pieces[0].verdicts, "1:missing_time");
    let strict = TenantRules::new(7, "renamed", Some(1), &[]);
    for received_at_us in [RECEIVED_AT_US / 2, RECEIVED_AT_US, RECEIVED_AT_US * 2] {
        let batch = decode_pieces(&examined, &Message::new(&strict, received_at_us, body), &limits);
        assert_eq!((batch.rows.len(), batch.warnings.verdict_overruled), (1, 0));
        assert_eq!((batch.rejects[0].code, &*batch.rejects[0].field), (Code::MissingTime, "time"));
    }
}

/// The batch of one body with these verdicts.
fn obeyed(body: &str, verdicts: &str) -> Batch {
    let verdicts = Verdicts::parse(verdicts.as_bytes()).unwrap();
    let rules = tenant();
    let message = Message { verdicts: Some(&verdicts), ..Message::new(&rules, RECEIVED_AT_US, body.as_bytes()) };
    decode(&[message], &Limits::default())
}

#[test]
fn an_event_that_the_edge_refused_is_refused_with_its_code() {
    let good = r#"{"id":"a","model":"m","time_unix_s":1795176000}"#;
    let batch = obeyed(good, "0:too_old");
    assert_eq!((batch.rows.len(), batch.rejects[0].code, &*batch.rejects[0].field), (0, Code::TooOld, ""));
    assert_eq!(&*batch.rejects[0].payload, good.as_bytes());
    let batch = obeyed(good, "0:from_tomorrow");
    let reject = &batch.rejects[0];
    assert_eq!((reject.code, reject.text()), (Code::RefusedAtEdge, "refused at the edge: from_tomorrow"));
    assert_eq!(batch.warnings.verdict_overruled, 0);
}

#[test]
fn what_cannot_be_read_is_refused_although_the_edge_accepted_it() {
    let batch = obeyed("{\"id\":\"a\"}\n{}", "1:missing_id,9:too_old");
    let codes: Vec<_> = batch.rejects.iter().map(|reject| reject.code).collect();
    assert_eq!(codes, [Code::MissingModel, Code::MissingId]);
    // The first event, and the tenth, which is not there.
    assert_eq!(batch.warnings.verdict_overruled, 2);
}
