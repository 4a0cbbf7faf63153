//! The quick parser accepts nothing that the careful one does not, with the same values; and whatever arrives, nothing
//! panics and every received event is a row, a duplicate or a reject.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

#[path = "../examples/generator/mod.rs"]
#[allow(dead_code, reason = "shared with the examples, which use other parts of it")]
mod generator;

use generator::{RECEIVED_AT_US, Random, write_event};
use hub_core::batch::Batch;
use hub_core::decode::{Format, Message, TenantRules, decode, decode_carefully};
use hub_core::limits::Limits;

/// Bodies mutated for each test: some seconds in the fast profile.
const BODIES: u64 = 30_000;

/// Pieces that hit the edges of the dialect more often than random bytes would.
const PIECES: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "\r\n",
    " ",
    "\t",
    "null",
    "true",
    "false",
    "-0",
    "-1",
    "0",
    "00",
    "1.5",
    "1e3",
    "5.0",
    "1000000000",
    "1000000001",
    "18446744073709551616",
    "\\u0000",
    "\\ud800",
    "\\ud83d\\ude00",
    "\\u0069d",
    "\u{0}",
    "\u{7f}",
    "é",
    "\u{feff}",
    "\\\n",
    "\"a\\\n\"",
    "\"id\":\"x\",",
    "\"model\":\"m\",",
    "\"usage\":{},",
    "\"usage\":{\"total_tokens\":3},",
    "\"tags\":{\"a\":\"b\"},",
    "\"tags\":{\"team\":\" r \",\"a\":\"é\"},",
    "\"events\":[",
    "{\"events\":[",
    "\"time_unix_s\":1795176000.5,",
    "\"time_unix_ms\":1,",
    "\"time_unix_ns\":1795176000000000001,",
    "\"tenant\":\"acme\",",
    "\"tenant\":\"other\",",
    "\"cost_usd\":\"0.1\",",
    "\"cost_usd\":0.1,",
    "\"latency_ms\":1.23456,",
    "\"latency_ms\":99999999999,",
    "\"ttft_ms\":0.0005,",
    "\"unknown\":{\"a\":[1,{}]},",
    "\"status\":\"OK\",",
    "\"estimated\":true,",
    "\"web_searches\":3,",
    "2026-11-20T12:00:00+05:30",
    "  ",
];

/// Events whose texts, tags, escapes and key order vary: what the plain generator does not write.
const SEEDS: &[&str] = &[
    r#"{"id":"a","model":"m","time_unix_s":1795176000}"#,
    r#"{"time_unix_ms":1795176000001,"model":" m ","id":"b","tags":{"team":"red","k":"v"},"usage":{"output_tokens":5,"input_tokens":3}}"#,
    r#"{ "usage" : { "total_tokens" : 8 , "input_tokens" : 8 } , "id" : "c" , "model" : "m" , "time" : "2026-11-20T12:00:00Z" }"#,
    r#"{"id":"01KAGRH9M0TSV4RRFFQ69G5FAV","model":"m","cost_usd":"1.5","provider":"OpenAI","user":"J\u00fcrgen \"x\""}"#,
    r#"{"id":"d","model":"m","time_unix_us":1795176000000001,"latency_ms":12,"ttft_ms":3.25,"x":{"y":[1,2,{"z":null}]},"usage":null}"#,
    r#"{"id":"e","model":"m","time_unix_ns":1795176000000000999,"usage":{"input_tokens":1000000001}}"#,
    r#"{"id":"f","model":"m","time_unix_s":1795176000,"usage":{"input_tokens":1000000000,"web_searches":1000000,"estimated":false}}"#,
];

fn mutate(random: &mut Random, body: &mut Vec<u8>) {
    for _ in 0..random.below(4) {
        let at = random.below(body.len() as u64 + 1) as usize;
        let end = (at + random.below(20) as usize).min(body.len());
        match random.below(6) {
            0 => drop(body.drain(at..end)),
            1 => drop(body.splice(at..at, PIECES[random.below(PIECES.len() as u64) as usize].bytes())),
            2 => drop(body.splice(at..end, PIECES[random.below(PIECES.len() as u64) as usize].bytes())),
            3 => {
                let copy = body[at..end].to_vec();
                let to = random.below(body.len() as u64 + 1) as usize;
                drop(body.splice(to..to, copy));
            }
            4 => {
                if let Some(byte) = body.get_mut(at) {
                    *byte = random.bits() as u8;
                }
            }
            _ => body.truncate(body.len() - random.below(8).min(body.len() as u64) as usize),
        }
    }
}

/// A body of a few events in one of the accepted shapes.
fn body(random: &mut Random) -> Vec<u8> {
    let mut events: Vec<String> = Vec::new();
    for i in 0..random.below(4) {
        if random.below(2) == 0 {
            let mut event = String::new();
            write_event(random, i, &mut event);
            events.push(event.trim_end().into());
        } else {
            events.push(SEEDS[random.below(SEEDS.len() as u64) as usize].into());
        }
    }
    match random.below(4) {
        0 => events.join("\n"),
        1 => events.join("\r\n") + "\n",
        2 => format!("[{}]", events.join(", ")),
        _ => format!("{{\"v\":1,\"events\":[{}]}}", events.join(",\n")),
    }
    .into_bytes()
}

fn check(payload: &[u8], format: Format, limits: &Limits) -> Batch {
    let tenant = TenantRules::new(7, "acme", Some(86_400_000_000), &["team".into()]);
    let message = Message {
        tenant: &tenant,
        received_at_us: RECEIVED_AT_US,
        payload,
        format,
        events: None,
        origin: "",
        base_position: 0,
    };
    let batch = decode(&[message, message], limits);
    let shown = String::from_utf8_lossy(payload);
    assert_eq!(batch, decode_carefully(&[message, message], limits), "{format:?} {shown}");
    let stored = batch.rows.len() as i64;
    for tally in &batch.tallies {
        assert_eq!(tally.received, stored + tally.duplicate + tally.rejected, "{format:?} {shown}");
    }
    batch
}

#[test]
fn quick_and_careful_agree_and_every_event_is_accounted_for() {
    let limits = Limits { event_bytes_max: 900, ..Limits::default() };
    let (mut rows, mut rejects) = (0, 0);
    for seed in 0..BODIES {
        let mut random = Random(seed);
        let mut body = body(&mut random);
        mutate(&mut random, &mut body);
        let format = [Format::Auto, Format::Auto, Format::Json, Format::Ndjson][random.below(4) as usize];
        let batch = check(&body, format, &limits);
        rows += batch.rows.len();
        rejects += batch.rejects.len();
    }
    assert!(
        rows > 10_000 && rejects > 10_000,
        "the mutator must leave some events whole and break some: {rows} {rejects}"
    );
}

#[test]
fn accepted_values_are_those_that_another_parser_reads() {
    let mut compared = 0;
    for seed in 0..BODIES / 3 {
        let mut random = Random(seed ^ 0x5eed);
        let mut body = SEEDS[random.below(SEEDS.len() as u64) as usize].as_bytes().to_vec();
        mutate(&mut random, &mut body);
        let batch = check(&body, Format::Json, &Limits::default());
        let ([row], Ok(value)) = (&batch.rows[..], serde_json::from_slice::<serde_json::Value>(&body)) else {
            continue;
        };
        let Some(id) = value["id"].as_str() else {
            continue; // an envelope
        };
        let span = row.texts[1];
        assert_eq!(id.trim().as_bytes(), &batch.arena[span.at as usize..][..span.len as usize]);
        assert_eq!(row.tokens[0], value["usage"]["input_tokens"].as_u64().unwrap_or(0) as u32);
        assert_eq!(row.tokens[6], value["usage"]["output_tokens"].as_u64().unwrap_or(0) as u32);
        let model = value["model"].as_str().unwrap_or_default().trim();
        assert_eq!(model, batch.series[row.series as usize].dimensions[2].as_str());
        compared += 1;
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn numbers_too_long_for_a_word_are_told_apart() {
    for field in ["latency_ms", "time_unix_s", "time_unix_ns", "cost_usd"] {
        for number in
            ["8515991844674407370", "85159918446744073709551616", "0.85159918446744073709551616", "1e85159918446744073"]
        {
            let body = format!("{{\"id\":\"a\",\"model\":\"m\",\"{field}\":{number}}}");
            check(body.as_bytes(), Format::Auto, &Limits::default());
        }
    }
}

#[test]
fn random_bytes_of_json_letters_are_accounted_for() {
    for seed in 0..BODIES {
        let mut random = Random(seed);
        let mut body = Vec::new();
        for _ in 0..random.below(24) {
            body.extend_from_slice(PIECES[random.below(PIECES.len() as u64) as usize].as_bytes());
        }
        for format in [Format::Auto, Format::Json, Format::Ndjson] {
            check(&body, format, &Limits::default());
        }
    }
}
