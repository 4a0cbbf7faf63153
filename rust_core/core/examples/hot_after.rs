//! What follows decoding, on one core: `cargo run --release -p hub-core --example hot_after`.
//!
//! Prints nanoseconds an event of each step, best and median of the rounds, and what it leaves behind. Time is that of
//! the thread on its processor.

#![allow(clippy::print_stdout, reason = "an example speaks to a terminal")]

#[path = "generator/mod.rs"]
mod generator;

use generator::{RECEIVED_AT_US, TENANTS, bodies};
use hub_core::batch::Batch;
use hub_core::copy::{copy_deltas, copy_events};
use hub_core::decode::{Format, Message, TenantRules, decode};
use hub_core::delta::rollup;
use hub_core::limits::Limits;
use std::hint::black_box;

const EVENTS: usize = 400_000;
const ROUNDS: usize = 7;
/// The clock of a thread ticks in milliseconds.
const REPEATS: usize = 5;
/// 25,000 events, about what a flush holds.
const MESSAGES_A_CALL: usize = 50;

fn main() {
    let batches = decoded();
    let deltas: Vec<_> = batches.iter().map(rollup).collect();
    let rows: usize = deltas.iter().map(|deltas| deltas.rows.len()).sum();
    let bytes: usize = batches.iter().map(|batch| copy_events(batch, false).len()).sum();
    println!("{EVENTS} events, {rows} deltas, {} COPY bytes an event", bytes / EVENTS);
    measure("rollup", EVENTS, || batches.iter().map(|batch| rollup(batch).rows.len()).sum());
    measure("copy_events", EVENTS, || batches.iter().map(|batch| copy_events(batch, false).len()).sum());
    measure("copy_deltas", EVENTS, || deltas.iter().map(|deltas| copy_deltas(deltas, 0).len()).sum());
}

fn decoded() -> Vec<Batch> {
    let bodies = bodies(EVENTS, 7);
    let tenants: Vec<TenantRules> =
        (0..TENANTS).map(|at| TenantRules::new(at as i32 + 1, &format!("tenant-{at}"), None, &[])).collect();
    let messages: Vec<Message> = bodies
        .iter()
        .enumerate()
        .map(|(at, body)| Message {
            format: Format::Ndjson,
            origin: "example",
            ..Message::new(&tenants[at % TENANTS], RECEIVED_AT_US, body.as_bytes())
        })
        .collect();
    messages.chunks(MESSAGES_A_CALL).map(|call| decode(call, &Limits::default())).collect()
}

fn measure(name: &str, events: usize, work: impl Fn() -> usize) {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let from = thread_seconds();
            for _ in 0..REPEATS {
                black_box(work());
            }
            (thread_seconds() - from) / REPEATS as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    let ns = |seconds: f64| seconds * 1e9 / events as f64;
    println!("{name:>12}: best {:.0}, median {:.0} ns an event", ns(rounds[0]), ns(rounds[ROUNDS / 2]));
}

/// Seconds that this thread has run.
fn thread_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or_default() / 1e9
}
