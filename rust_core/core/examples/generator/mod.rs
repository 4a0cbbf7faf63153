//! Seeded, realistic usage events of about 570 bytes: 30 models, 200 projects, 50,000 users, 50 tenants.
//!
//! Shared by the examples and the tests of this crate, so that all of them speak of the same traffic.

use std::fmt::Write;

/// Events of one message.
pub const EVENTS_A_MESSAGE: usize = 500;
/// Tenants, one a message.
pub const TENANTS: usize = 50;
/// When all messages were received: 2026-11-20T13:00:00Z.
pub const RECEIVED_AT_US: i64 = 1_795_179_600_000_000;

const PROVIDERS: [(&str, &str); 6] = [
    ("openai", "gpt-4.1"),
    ("anthropic", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-pro"),
    ("mistral", "mistral-large"),
    ("deepseek", "deepseek-chat"),
    ("internal", "house-model"),
];

/// SplitMix64: enough randomness for traffic, the same on every machine.
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }

    /// A number below `n`, small ones far more often (density close to 1/rank).
    pub fn zipf(&mut self, n: u64) -> u64 {
        let uniform = (self.bits() >> 11) as f64 / (1u64 << 53) as f64;
        (((n as f64).powf(uniform)) as u64).saturating_sub(1).min(n - 1)
    }
}

/// Append one event and a line feed. `i` orders the events in time.
pub fn write_event(random: &mut Random, i: u64, out: &mut String) {
    let model = random.zipf(30);
    let (provider, family) = PROVIDERS[(model % 6) as usize];
    let input = random.zipf(20_000);
    let output = random.zipf(4_000);
    let latency_us = 20_000 + random.zipf(60_000_000);
    let at_ms = (i * 7 + random.below(2_000)) % 3_600_000;
    let status = match random.below(100) {
        0 => "rate_limited",
        1 => "timeout",
        2 => "server_error",
        _ => "ok",
    };
    let reasoning = if random.below(5) == 0 { output * 2 } else { 0 };
    let _ = writeln!(
        out,
        "{{\"id\":\"{:08x}-{:012x}-{i}\",\"source\":\"gateway-eu-{}\",\"time\":\"2026-11-20T12:{:02}:{:02}.{:03}Z\",\
         \"provider\":\"{provider}\",\"model\":\"{family}-{}\",\"operation\":\"chat\",\"service_tier\":\"default\",\
         \"environment\":\"production\",\"project\":\"project-{}\",\"status\":\"{status}\",\"user\":\"user-{}\",\
         \"session\":\"s-{:012x}\",\"api_key\":\"key-{:08x}\",\"agent\":\"agent-{}\",\"region\":\"eu-central-1\",\
         \"trace_id\":\"{:032x}\",\"span_id\":\"{:016x}\",\"usage\":{{\"input_tokens\":{input},\
         \"cache_read_tokens\":{},\"output_tokens\":{output},\"output_reasoning_tokens\":{reasoning}}},\
         \"latency_ms\":{}.{:03},\"ttft_ms\":{}.{:03}}}",
        random.bits() as u32,
        random.bits() >> 16,
        i % 4,
        at_ms / 60_000,
        at_ms / 1000 % 60,
        at_ms % 1000,
        model / 6,
        random.zipf(200),
        random.zipf(50_000),
        random.bits() >> 16,
        random.bits() as u32,
        i % 7,
        u128::from(random.bits()) << 64 | u128::from(random.bits()),
        random.bits(),
        random.below(input + 1),
        latency_us / 1000,
        latency_us % 1000,
        latency_us / 5000,
        latency_us / 5 % 1000,
    );
}

/// Bodies of NDJSON with [`EVENTS_A_MESSAGE`] events each, `events` in all.
pub fn bodies(events: usize, seed: u64) -> Vec<String> {
    let mut random = Random(seed);
    let mut bodies = Vec::new();
    for from in (0..events).step_by(EVENTS_A_MESSAGE) {
        let mut body = String::with_capacity(EVENTS_A_MESSAGE * 600);
        for i in from..events.min(from + EVENTS_A_MESSAGE) {
            write_event(&mut random, i as u64, &mut body);
        }
        bodies.push(body);
    }
    bodies
}
