//! Is this JSON? The careful check that names the first byte that is wrong.
//!
//! Not recursive: open containers are a stack of single bytes, never longer than the depth bound. The grammar is that
//! of RFC 8259; what escapes *mean* (surrogates, NUL) is judged where a text is used.

use crate::reject::Code;

use super::raw::Fault;
use super::scan::{skip_space, string_stop};

/// Check one whole event, already known to be UTF-8.
pub(super) fn check(bytes: &[u8], depth_max: usize, open: &mut Vec<u8>) -> Result<(), Fault> {
    open.clear();
    let mut at = skip_space(bytes, 0);
    loop {
        at = match begin_value(bytes, at, depth_max, open)? {
            Step::Value(next) => next,
            Step::Done(next) => match end_values(bytes, next, open)? {
                Some(next) => next,
                None => return Ok(()),
            },
        };
    }
}

enum Step {
    /// A value is due at this byte.
    Value(usize),
    /// A value ended before this byte.
    Done(usize),
}

fn begin_value(bytes: &[u8], at: usize, depth_max: usize, open: &mut Vec<u8>) -> Result<Step, Fault> {
    let Some(byte) = bytes.get(at) else {
        return Err(Fault::at(Code::InvalidJson, at));
    };
    match byte {
        b'{' | b'[' => {
            if open.len() >= depth_max {
                return Err(Fault::at(Code::TooDeep, at));
            }
            open.push(*byte);
            let next = skip_space(bytes, at + 1);
            match (byte, bytes.get(next)) {
                (b'{', Some(b'}')) | (b'[', Some(b']')) => {
                    open.pop();
                    Ok(Step::Done(next + 1))
                }
                (b'{', _) => key(bytes, next).map(Step::Value),
                _ => Ok(Step::Value(next)),
            }
        }
        b'"' => string(bytes, at).map(Step::Done),
        b'-' | b'0'..=b'9' => number(bytes, at).map(Step::Done),
        b't' => word(bytes, at, b"true").map(Step::Done),
        b'f' => word(bytes, at, b"false").map(Step::Done),
        b'n' => word(bytes, at, b"null").map(Step::Done),
        _ => Err(Fault::at(Code::InvalidJson, at)),
    }
}

/// After a value: close what closes. Where the next value is due, or `None` at the end of the event.
fn end_values(bytes: &[u8], mut at: usize, open: &mut Vec<u8>) -> Result<Option<usize>, Fault> {
    loop {
        at = skip_space(bytes, at);
        match (open.last(), bytes.get(at)) {
            (None, None) => return Ok(None),
            (Some(b'{'), Some(b',')) => return key(bytes, skip_space(bytes, at + 1)).map(Some),
            (Some(b'['), Some(b',')) => return Ok(Some(skip_space(bytes, at + 1))),
            (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')) => {
                open.pop();
                at += 1;
            }
            _ => return Err(Fault::at(Code::InvalidJson, at)),
        }
    }
}

/// A key and its colon; where its value is due.
fn key(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    if bytes.get(at) != Some(&b'"') {
        return Err(Fault::at(Code::InvalidJson, at));
    }
    let colon = skip_space(bytes, string(bytes, at)?);
    if bytes.get(colon) != Some(&b':') {
        return Err(Fault::at(Code::InvalidJson, colon));
    }
    Ok(skip_space(bytes, colon + 1))
}

/// A string from its opening quote; the byte after its closing one.
fn string(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let mut at = string_stop(bytes, at + 1);
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = string_stop(bytes, escape(bytes, at)?),
            Some(0) => return Err(Fault::at(Code::NulCharacter, at)),
            _ => return Err(Fault::at(Code::InvalidJson, at)),
        }
    }
}

fn escape(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match (at + 2..at + 6).find(|i| !bytes.get(*i).is_some_and(u8::is_ascii_hexdigit)) {
            Some(wrong) => Err(Fault::at(Code::InvalidJson, wrong)),
            None => Ok(at + 6),
        },
        _ => Err(Fault::at(Code::InvalidJson, at + 1)),
    }
}

fn number(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let mut at = if bytes[at] == b'-' { at + 1 } else { at };
    at = match bytes.get(at) {
        Some(b'0') => at + 1,
        _ => digits(bytes, at)?,
    };
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits(bytes, at)?;
    }
    Ok(at)
}

/// At least one digit.
fn digits(bytes: &[u8], from: usize) -> Result<usize, Fault> {
    let mut at = from;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    if at == from { Err(Fault::at(Code::InvalidJson, at)) } else { Ok(at) }
}

fn word(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, Fault> {
    match (0..word.len()).find(|i| bytes.get(at + i) != Some(&word[*i])) {
        Some(i) => Err(Fault::at(Code::InvalidJson, at + i)),
        None => Ok(at + word.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verdict(text: &str) -> Result<(), (Code, i32)> {
        check(text.as_bytes(), 64, &mut Vec::new()).map_err(|fault| (fault.code, fault.at_byte))
    }

    #[test]
    fn names_the_first_wrong_byte() {
        let cases: &[(&str, i32)] = &[
            ("", 0),
            ("  ", 2),
            ("{", 1),
            ("{\"a\"", 4),
            ("{\"a\":", 5),
            ("{\"a\":1", 6),
            ("{\"a\":1,}", 7),
            ("{'a':1}", 1),
            ("{\"a\":NaN}", 5),
            ("{\"a\":-Infinity}", 6),
            ("{\"a\":01}", 6),
            ("{\"a\":1.}", 7),
            ("{\"a\":+1}", 5),
            ("{\"a\":.5}", 5),
            ("{\"a\":1e}", 7),
            ("{\"a\":tru}", 8),
            ("{\"a\":1} x", 8),
            ("{\"a\":1}{", 7),
            ("// c\n{}", 0),
            ("{\"a\":\"\n\"}", 6),
            ("{\"a\":\"\\x\"}", 7),
            ("{\"a\":\"\\u12g4\"}", 10),
            ("[1 2]", 3),
            ("{a:1}", 1),
            ("{\"a\":\"b", 7),
            ("[1]]", 3),
        ];
        for (text, at) in cases {
            assert_eq!(verdict(text), Err((Code::InvalidJson, *at)), "{text:?}");
        }
        assert_eq!(verdict("{\"a\":\"x\0\"}"), Err((Code::NulCharacter, 7)));
    }

    #[test]
    fn depth_is_bounded_without_recursion() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(verdict(&nested(64)), Ok(()));
        assert_eq!(verdict(&nested(65)), Err((Code::TooDeep, 64)));
        assert_eq!(verdict(&"{\"a\":".repeat(100_000)), Err((Code::TooDeep, 64 * 5)));
    }

    /// Strings that are mostly, but not always, JSON.
    fn nearly_json() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            proptest::sample::select(vec![
                "{",
                "}",
                "[",
                "]",
                ",",
                ":",
                "\"a\"",
                "\"\\u00e9\"",
                "\"",
                "\\",
                "1",
                "-",
                "0",
                ".5",
                "e3",
                "true",
                "null",
                " ",
                "\n",
                "{\"a\":1}",
                "[1,2]",
                "\"b\":",
                "é",
            ]),
            0..14,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn agrees_with_another_parser(text in nearly_json()) {
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(verdict(&text).is_ok(), theirs, "{:?}", text);
        }
    }
}
