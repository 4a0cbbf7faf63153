//! What the edge does with a body, on one core: `cargo run --release -p hub-core --example hot_examine`.
//!
//! Prints nanoseconds an event, best and median of the rounds, for lines and arrays of 500 events, whole and cut, and
//! for the counting that is part of each. Time is that of the thread on its processor.

#![allow(clippy::print_stdout, reason = "an example speaks to a terminal")]

#[path = "generator/mod.rs"]
#[allow(dead_code, reason = "shared with the other examples, which use other parts of it")]
mod generator;

use generator::{RECEIVED_AT_US, bodies};
use hub_core::count::count_events;
use hub_core::decode::{Format, Message, PieceBounds, TenantRules, examine};
use hub_core::limits::Limits;
use std::hint::black_box;

/// The allocator of the built module.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVENTS: usize = 100_000;
const ROUNDS: usize = 15;
const WHOLE: PieceBounds = PieceBounds { bytes_max: 900_000, verdict_bytes_max: 60_000 };
/// Two pieces a body.
const HALVES: PieceBounds = PieceBounds { bytes_max: 160_000, ..WHOLE };

fn main() {
    let lines = bodies(EVENTS, 7);
    let arrays: Vec<String> = lines.iter().map(|body| format!("[{}]", body.trim_end().replace('\n', ","))).collect();
    println!("{EVENTS} events of {} bytes", lines.iter().map(String::len).sum::<usize>() / EVENTS);
    for (name, bodies, format) in [("lines", &lines, Format::Ndjson), ("array", &arrays, Format::Json)] {
        measure(&format!("{name}, whole"), || accepted(bodies, format, WHOLE));
        measure(&format!("{name}, cut"), || accepted(bodies, format, HALVES));
        measure(&format!("{name}, count"), || bodies.iter().map(|body| count_events(body.as_bytes(), format)).sum());
    }
}

fn accepted(bodies: &[String], format: Format, bounds: PieceBounds) -> u64 {
    let tenant = TenantRules::new(1, "acme", Some(7 * 86_400_000_000), &[]);
    let limits = Limits::default();
    let message = |body| Message { format, ..Message::new(&tenant, RECEIVED_AT_US, body) };
    bodies.iter().map(|body| examine(&message(body.as_bytes()), &limits, bounds).accepted).sum()
}

fn measure(name: &str, work: impl Fn() -> u64) {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let from = thread_seconds();
            assert_eq!(black_box(work()), EVENTS as u64, "every event is accepted");
            thread_seconds() - from
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    let ns = |seconds: f64| seconds * 1e9 / EVENTS as f64;
    println!("{name:>13}: best {:.0}, median {:.0} ns an event", ns(rounds[0]), ns(rounds[ROUNDS / 2]));
}

/// Seconds that this thread has run.
fn thread_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or_default() / 1e9
}
