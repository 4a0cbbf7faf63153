//! Decoding alone, on one core: `cargo run --release -p hub-core --example hot_decode [events.ndjson]`.
//!
//! Prints events a second and nanoseconds an event, best and median of the rounds. Without a file it makes its own
//! seeded events. Time is that of the thread on its processor, so that neighbours disturb it less.

#![allow(clippy::print_stdout, reason = "an example speaks to a terminal")]

#[path = "generator/mod.rs"]
mod generator;

use generator::{EVENTS_A_MESSAGE, RECEIVED_AT_US, TENANTS, bodies};
use hub_core::decode::{Format, Message, TenantRules, decode};
use hub_core::limits::Limits;

/// The allocator of the built module: with the system's one, half of the time went into the faults of fresh pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVENTS: usize = 400_000;
const ROUNDS: usize = 7;
/// Messages of one call: about what a flush holds, and what stays in the cache of one core.
const MESSAGES_A_CALL: [usize; 2] = [50, 8];

fn main() -> std::io::Result<()> {
    let bodies = match std::env::args().nth(1) {
        Some(path) => cut(&std::fs::read_to_string(path)?),
        None => bodies(EVENTS, 7),
    };
    let events: usize = bodies.iter().map(|body| body.lines().count()).sum();
    let bytes: usize = bodies.iter().map(String::len).sum();
    let tenants: Vec<TenantRules> =
        (0..TENANTS).map(|at| TenantRules::new(at as i32 + 1, &format!("tenant-{at}"), None, &[])).collect();
    let messages: Vec<Message> =
        bodies.iter().enumerate().map(|(at, body)| message(&tenants[at % TENANTS], body)).collect();
    println!("{events} events of {} bytes", bytes / events.max(1));
    for messages_a_call in MESSAGES_A_CALL {
        let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| round(&messages, messages_a_call, events)).collect();
        rounds.sort_by(f64::total_cmp);
        for (name, seconds) in [("best", rounds[0]), ("median", rounds[ROUNDS / 2])] {
            let ns = seconds * 1e9 / events as f64;
            println!(
                "{messages_a_call:>3} messages a call, {name:>6}: {:.3} M events/s, {ns:.0} ns an event",
                1e3 / ns
            );
        }
    }
    Ok(())
}

fn message<'a>(tenant: &'a TenantRules, body: &'a str) -> Message<'a> {
    Message {
        format: Format::Ndjson,
        events: Some(body.lines().count() as u64),
        origin: "example",
        ..Message::new(tenant, RECEIVED_AT_US, body.as_bytes())
    }
}

/// One pass over everything, in seconds. The batches are dropped outside of the time.
fn round(messages: &[Message], messages_a_call: usize, events: usize) -> f64 {
    let limits = Limits::default();
    let mut seconds = 0.0;
    let mut rows = 0;
    for call in messages.chunks(messages_a_call) {
        let from = thread_seconds();
        let batch = decode(call, &limits);
        seconds += thread_seconds() - from;
        rows += batch.rows.len() + batch.rejects.len();
    }
    assert_eq!(rows, events, "every event is a row or a reject");
    seconds
}

/// Seconds that this thread has run.
fn thread_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or_default() / 1e9
}

fn cut(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.chunks(EVENTS_A_MESSAGE).map(|lines| lines.concat()).collect()
}
