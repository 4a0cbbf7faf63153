//! Batches made by hand, and proptest strategies for them: what decoding would have left behind.
#![allow(dead_code, missing_docs)]

use hub_core::batch::{ABSENT_I64, Batch, Row, Series, TEXT_FIELDS, Tally};
use hub_core::series::{event_key, series_id};
use hub_core::texts::Texts;
use hub_core::tokens::CostStatus;
use proptest::prelude::*;

pub const MINUTE_US: i64 = 60_000_000;
pub const HOUR_US: i64 = 60 * MINUTE_US;
/// 2026-11-20T10:30:00Z
pub const START_US: i64 = 1_795_170_600_000_000;

/// One event in short.
#[derive(Clone, Debug)]
pub struct Event {
    pub tenant_id: i32,
    pub id: u32,
    pub offset_us: i64,
    pub model: u8,
    pub status: &'static str,
    pub tokens: [u32; 9],
    pub cost: [i64; 5],
    pub cost_status: CostStatus,
    pub latency_us: Option<i64>,
    pub ttft_us: Option<i64>,
    pub user: Option<String>,
}

impl Event {
    pub fn plain(id: u32) -> Event {
        Event {
            tenant_id: 1,
            id,
            offset_us: 0,
            model: 0,
            status: "ok",
            tokens: [100, 0, 0, 0, 0, 0, 20, 0, 0],
            cost: [1_000, 0, 0, 2_000, 0],
            cost_status: CostStatus::Priced,
            latency_us: Some(1_500_000),
            ttft_us: None,
            user: None,
        }
    }
}

pub fn series(tenant_id: i32, model: u8, status: &str) -> Series {
    let model = format!("model-{model}");
    let dimensions = ["openai", "", &model, "chat", "", "prod", "search", status];
    Series {
        tenant_id,
        series_id: series_id(&dimensions.map(str::as_bytes), &[(b"team", b"red")]),
        dimensions: dimensions.map(Into::into),
        tags: r#"{"team":"red"}"#.into(),
        is_error: status != "ok",
    }
}

pub fn batch(events: &[Event]) -> Batch {
    let mut batch = Batch::default();
    for (ordinal, event) in events.iter().enumerate() {
        let series = series(event.tenant_id, event.model, event.status);
        let known = (0..batch.series.len()).find(|index| batch.series.get(*index) == series);
        let index = known.unwrap_or_else(|| {
            batch.series.push(&series);
            batch.series.len() - 1
        });
        let mut row = row_of(&mut batch.arena, event);
        row.series = index as u32;
        row.ordinal = ordinal as u32;
        batch.rows.push(row);
    }
    batch.rows.sort_by_key(|row| (row.tenant_id, row.ts_us, row.event_key));
    for run in batch.rows.clone().chunk_by(|a, b| a.tenant_id == b.tenant_id) {
        let hour_us = run[0].received_at_us.div_euclid(HOUR_US) * HOUR_US;
        let received = run.len() as i64;
        batch.tallies.push(Tally { tenant_id: run[0].tenant_id, hour_us, received, ..Tally::default() });
    }
    batch
}

fn row_of(arena: &mut Vec<u8>, event: &Event) -> Row {
    let id = format!("id-{}", event.id);
    let mut texts = [None; TEXT_FIELDS];
    texts[..3].copy_from_slice(&[Some(&b"gateway"[..]), Some(id.as_bytes()), event.user.as_deref().map(str::as_bytes)]);
    let tags = event.id.is_multiple_of(3).then_some(&br#"{"a":"b"}"#[..]);
    Row {
        tenant_id: event.tenant_id,
        ts_us: START_US + event.offset_us,
        event_key: event_key(b"gateway", id.as_bytes()),
        received_at_us: START_US + HOUR_US,
        series: 0,
        ordinal: 0,
        message: 0,
        position: 0,
        tokens: event.tokens,
        web_searches: 0,
        estimated: false,
        latency_us: event.latency_us.unwrap_or(ABSENT_I64),
        ttft_us: event.ttft_us.unwrap_or(ABSENT_I64),
        reported_cost_pico_usd: ABSENT_I64,
        texts: Texts::put(arena, texts, tags),
        cost: event.cost,
        cost_status: event.cost_status,
        price_id: i64::from(event.model),
        unpriced_tokens: 0,
    }
}

/// Latencies over every kind of bin.
pub fn latency() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 1..1_000i64, 1_000..3_600_000_000i64, 3_600_000_000..604_800_000_000i64]
}

fn cost_status() -> impl Strategy<Value = CostStatus> {
    prop_oneof![
        Just(CostStatus::Priced),
        Just(CostStatus::Partial),
        Just(CostStatus::Unpriced),
        Just(CostStatus::ProviderReported),
        Just(CostStatus::Estimated),
    ]
}

fn event(cost_max: i64) -> impl Strategy<Value = Event> {
    let place = (1..4i32, 0..5 * MINUTE_US, 0..4u8, prop_oneof![3 => Just("ok"), 1 => Just("timeout")]);
    let sums = (any::<[u32; 9]>(), proptest::array::uniform5(0..=cost_max), cost_status());
    let times = (proptest::option::of(latency()), proptest::option::of(latency()));
    let user = proptest::option::of("[a-zé]{0,60}");
    (place, sums, times, user).prop_map(|(place, (tokens, cost, cost_status), (latency_us, ttft_us), user)| {
        let (tenant_id, offset_us, model, status) = place;
        let tokens = tokens.map(|count| count % 1_000_000_001);
        Event { tenant_id, id: 0, offset_us, model, status, tokens, cost, cost_status, latency_us, ttft_us, user }
    })
}

/// Up to `most` events with ids of their own.
pub fn events(most: usize, cost_max: i64) -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(event(cost_max), 0..most).prop_map(|mut events| {
        for (id, event) in events.iter_mut().enumerate() {
            event.id = id as u32;
        }
        events
    })
}
