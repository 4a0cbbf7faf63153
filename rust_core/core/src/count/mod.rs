//! How many events a body holds, counted without looking at their outcome.
//!
//! Written apart from the decoding on purpose: the ledger's equation compares this count with what became of the
//! events, so the two must be able to disagree. It knows quotes, brackets and line feeds, and no JSON.
//!
//! ```text
//! NDJSON: non-blank lines        array, envelope: commas outside of brackets + 1 (none when blank)
//! anything else: one             bytes behind a closed array or envelope: one, or lines of their own
//! ```

mod block;
mod marks;

use memchr::{memchr, memchr_iter};

use crate::decode::Format;

use marks::{End, Marks};

/// Events in a body: non-blank lines, elements of an array or envelope, or one object.
pub fn count_events(payload: &[u8], format: Format) -> u64 {
    count(payload, format, true)
}

fn count(payload: &[u8], format: Format, skims: bool) -> u64 {
    if payload.starts_with(&[0xff, 0xfe]) || payload.starts_with(&[0xfe, 0xff]) {
        return 1;
    }
    let body = payload.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(payload);
    if format == Format::Ndjson {
        return filled_lines(body);
    }
    let mut marks = Marks::new(body, skims);
    match body.get(marks.at) {
        None => 0,
        Some(b'[') => {
            marks.at += 1;
            let elements = marks.elements();
            elements + behind(body, marks.at, format)
        }
        Some(b'{') => object(&mut marks, format),
        Some(_) if format == Format::Auto => filled_lines(body),
        Some(_) => 1,
    }
}

/// A body that begins with a brace: an envelope, lines, or one event.
fn object(marks: &mut Marks, format: Format) -> u64 {
    let (body, brace) = (marks.body, marks.at);
    marks.at += 1;
    let (mut elements, mut is_envelope) = (0, false);
    loop {
        if marks.enter_events() {
            is_envelope = true;
            elements += marks.elements();
        }
        marks.begin();
        match marks.next_end(b'}') {
            End::Comma => {}
            end if is_envelope => {
                let behind = if end == End::Closed { behind(body, marks.at, format) } else { 0 };
                return elements + behind;
            }
            End::Closed if blank_until(body, marks.at) == body.len() || format == Format::Json => return 1,
            End::Closed if !body[brace..marks.at].contains(&b'\n') => return filled_lines(body),
            _ => break,
        }
    }
    let second = memchr(b'\n', &body[brace..]).map(|at| blank_until(body, brace + at));
    let is_lines = format == Format::Auto && second.is_some_and(|at| body.get(at) == Some(&b'{'));
    if is_lines { filled_lines(body) } else { 1 }
}

/// What stands behind a closed array or envelope.
fn behind(body: &[u8], end: usize, format: Format) -> u64 {
    let rest = &body[end.min(body.len())..];
    let filled = blank_until(rest, 0);
    if filled == rest.len() {
        0
    } else if format == Format::Auto && rest[..filled].contains(&b'\n') {
        filled_lines(rest)
    } else {
        1
    }
}

/// Lines that hold more than white space.
fn filled_lines(body: &[u8]) -> u64 {
    let mut from = 0;
    let mut filled = 0;
    for end in memchr_iter(b'\n', body).chain([body.len()]) {
        filled += u64::from(blank_until(&body[..end], from) < end);
        from = end + 1;
    }
    filled
}

/// The first byte from `at` that is not blank, or the length.
fn blank_until(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).map_or(bytes.len(), |offset| at + offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_count_what_bytes_count(
            parts in proptest::collection::vec(0usize..PARTS.len(), 0..80), begin in 0usize..3, end in "[\\]}\"]{0,3}",
        ) {
            let body: String = parts.into_iter().map(|at| PARTS[at]).collect();
            let body = format!("{}{body}{end}", ["[", "{\"events\":[", ""][begin]);
            for format in [Format::Auto, Format::Json, Format::Ndjson] {
                prop_assert_eq!(count(body.as_bytes(), format, true), count(body.as_bytes(), format, false));
            }
        }
    }

    /// Mostly what a block may pass over, and a few of what it may not.
    const PARTS: [&str; 16] = [
        "{\"id\":\"abc,def\",\"usage\":{\"input_tokens\":5}}",
        "{\"id\":\"a long text with ] and } and , in it, longer than a block of sixty-four bytes\"}",
        ",",
        ",",
        ",",
        "1",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\"\"",
        "\"[\"",
        "],\"events\":[",
        "\\",
        "\n",
    ];

    #[test]
    fn counts_every_shape_of_body() {
        let cases: &[(&str, u64)] = &[
            ("", 0),
            (" \r\n\t", 0),
            ("\u{feff}", 0),
            ("{}", 1),
            ("{\n \"a\": [1,\n 2]\n}\n", 1),
            ("{}\n{}\n", 2),
            ("{}\r\n\r\n \n{}", 2),
            ("{\"a\n{\"b\":1}\n{\"c\":2}", 3),
            ("garbage\n{}\n", 2),
            ("[]", 0),
            ("[ ]", 0),
            ("[", 1),
            ("[{}", 1),
            ("[{},", 2),
            ("[{},{}]", 2),
            ("[{\"a\":\"],[\"},{\"b\":[1,2}, 3]", 3),
            ("[,]", 2),
            ("[{}] x", 2),
            ("[{}]\n{}\n{}", 3),
            ("{\"events\":[]}", 0),
            ("{\"v\":{\"events\":[1]},\"events\":[{},{}],\"n\":1}", 2),
            ("{\"\\u0065vents\":[{},{},{}]}", 3),
            ("{\"events\":[{},{}", 2),
            ("{\"events\":{}}", 1),
        ];
        for (body, events) in cases {
            assert_eq!(count_events(body.as_bytes(), Format::Auto), *events, "{body:?}");
        }
        assert_eq!(count_events(b"{}\n{}", Format::Json), 1);
        assert_eq!(count_events(b"[{},{}]", Format::Ndjson), 1);
        assert_eq!(count_events(b"\xff\xfe{\0}\0\n\0", Format::Auto), 1);
    }
}
