//! Seeded bodies of every shape, and ways to break them: what the differential tests feed.
#![allow(dead_code, missing_docs, reason = "shared by tests that use different parts of it")]

use super::generator::{Random, write_event};

/// Pieces that hit the edges of the dialect more often than random bytes would.
pub const PIECES: &[&str] = &[
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
pub const SEEDS: &[&str] = &[
    r#"{"id":"a","model":"m","time_unix_s":1795176000}"#,
    r#"{"time_unix_ms":1795176000001,"model":" m ","id":"b","tags":{"team":"red","k":"v"},"usage":{"output_tokens":5,"input_tokens":3}}"#,
    r#"{ "usage" : { "total_tokens" : 8 , "input_tokens" : 8 } , "id" : "c" , "model" : "m" , "time" : "2026-11-20T12:00:00Z" }"#,
    r#"{"id":"01KAGRH9M0TSV4RRFFQ69G5FAV","model":"m","cost_usd":"1.5","provider":"OpenAI","user":"J\u00fcrgen \"x\""}"#,
    r#"{"id":"d","model":"m","time_unix_us":1795176000000001,"latency_ms":12,"ttft_ms":3.25,"x":{"y":[1,2,{"z":null}]},"usage":null}"#,
    r#"{"id":"e","model":"m","time_unix_ns":1795176000000000999,"usage":{"input_tokens":1000000001}}"#,
    r#"{"specversion":"1.0","type":"t","id":"g","source":"s","time":"2026-11-20T12:00:00Z","x":1,"data":{"id":"g","model":"m"}}"#,
    r#"{"data_base64":"eyJtb2RlbCI6Im0ifQ==","source":"s","id":"h","type":"t","specversion":"1.0","time":"2026-11-20T12:00:00Z"}"#,
    r#"{"id":"f","model":"m","time_unix_s":1795176000,"usage":{"input_tokens":1000000000,"web_searches":1000000,"estimated":false}}"#,
];

pub fn mutate(random: &mut Random, body: &mut Vec<u8>) {
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
pub fn body(random: &mut Random) -> Vec<u8> {
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
