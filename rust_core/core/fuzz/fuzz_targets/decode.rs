//! Any bytes as a body: nothing panics, the quick and the careful parser agree, every received event is accounted for.
//!
//! In `rust_core/core`: `cargo +nightly fuzz run decode fuzz/corpus/decode fuzz/seeds -- -max_total_time=30`, with
//! `-dict=fuzz/decode.dict`.

#![no_main]

use hub_core::decode::{Format, Message, TenantRules, decode, decode_carefully};
use hub_core::limits::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Some((first, payload)) = body.split_first() else {
        return;
    };
    let format = [Format::Auto, Format::Json, Format::Ndjson][usize::from(first % 3)];
    let tenant = TenantRules::new(7, "acme", Some(86_400_000_000), &["team".into()]);
    let limits = Limits { event_bytes_max: 4096, ..Limits::default() };
    let message = Message {
        tenant: &tenant,
        received_at_us: 1_795_179_600_000_000,
        payload,
        format,
        events: None,
        origin: "",
        base_position: 0,
    };
    let batch = decode(&[message], &limits);
    assert_eq!(batch, decode_carefully(&[message], &limits));
    for tally in &batch.tallies {
        assert_eq!(tally.received, batch.rows.len() as i64 + tally.duplicate + tally.rejected);
    }
});
