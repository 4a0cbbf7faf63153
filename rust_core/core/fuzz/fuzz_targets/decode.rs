//! Any bytes as a body: nothing panics, the quick and the careful parser agree, every received event is accounted for,
//! and the pieces that the edge cuts come to the same.
//!
//! In `rust_core/core`: `cargo +nightly fuzz run decode fuzz/corpus/decode fuzz/seeds -- -max_total_time=30`, with
//! `-dict=fuzz/decode.dict`.

#![no_main]

use hub_core::batch::Batch;
use hub_core::decode::{
    Dialect, Format, Message, PieceBounds, TenantRules, Verdicts, decode, decode_carefully, examine,
};
use hub_core::limits::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Some((first, payload)) = body.split_first() else {
        return;
    };
    let format = [Format::Auto, Format::Json, Format::Ndjson][usize::from(first % 3)];
    let tenant = TenantRules::new(7, "acme", Some(86_400_000_000), &["team".into()]);
    let limits = Limits { event_bytes_max: 4096, ..Limits::default() };
    let dialect = if first % 4 == 3 { Dialect::CloudEvents } else { Dialect::Canonical };
    let message = Message { format, dialect, ..Message::new(&tenant, 1_795_179_600_000_000, payload) };
    let batch = decode(&[message], &limits);
    assert_eq!(batch, decode_carefully(&[message], &limits));
    for tally in &batch.tallies {
        assert_eq!(tally.received, batch.rows.len() as i64 + tally.duplicate + tally.rejected);
    }
    let bounds = PieceBounds { bytes_max: usize::from(first / 3) * 8, verdict_bytes_max: 200 };
    let examined = examine(&message, &limits, bounds);
    let verdicts: Vec<Verdicts> =
        examined.pieces.iter().map(|piece| Verdicts::parse(piece.verdicts.as_bytes()).expect("readable")).collect();
    let pieces = examined.pieces.iter().zip(&verdicts).map(|(piece, verdicts)| Message {
        format: piece.format,
        events: Some(piece.events),
        base_position: piece.base_position,
        verdicts: Some(verdicts),
        payload: &piece.payload,
        ..message
    });
    let again = decode(&pieces.collect::<Vec<_>>(), &limits);
    let keys = |batch: &Batch| batch.rows.iter().map(|row| (row.ts_us, row.event_key, row.position)).collect::<Vec<_>>();
    assert_eq!(keys(&batch), keys(&again));
    let rejects = |batch: &Batch| {
        batch.rejects.iter().map(|reject| (reject.code, reject.position, reject.payload.clone())).collect::<Vec<_>>()
    };
    assert_eq!(rejects(&batch), rejects(&again));
    assert_eq!(again.warnings, batch.warnings);
});
