//! How many events a body holds, counted without looking at their outcome.
//!
//! Written apart from the decoding on purpose: the ledger's equation compares this count with what became of the
//! events, so the two must be able to disagree. It knows quotes, brackets and line feeds, and no JSON.
//!
//! ```text
//! NDJSON: non-blank lines        array, envelope: commas outside of brackets + 1 (none when blank)
//! anything else: one             bytes behind a closed array or envelope: one, or lines of their own
//! ```

use memchr::{memchr, memchr_iter};

use crate::decode::Format;

/// Events in a body: non-blank lines, elements of an array or envelope, or one object.
pub fn count_events(payload: &[u8], format: Format) -> u64 {
    if payload.starts_with(&[0xff, 0xfe]) || payload.starts_with(&[0xfe, 0xff]) {
        return 1;
    }
    let body = payload.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(payload);
    if format == Format::Ndjson {
        return filled_lines(body);
    }
    let mut marks = Marks { body, at: blank_until(body, 0), open: Vec::new(), squares: 0 };
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

/// Where the search for the end of an element stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Behind a comma.
    Comma,
    /// Behind the closer of the surrounding array or object.
    Closed,
    /// At the end of the body.
    Body,
}

/// A pass over quotes, brackets and commas.
struct Marks<'a> {
    body: &'a [u8],
    at: usize,
    open: Vec<u8>,
    squares: usize,
}

impl Marks<'_> {
    /// Count the elements of the array whose bracket has just been passed, and pass the array.
    fn elements(&mut self) -> u64 {
        let filled = blank_until(self.body, self.at);
        if self.body.get(filled) == Some(&b']') {
            self.at = filled + 1;
            return 0;
        }
        let mut elements = 1;
        while self.next_end(b']') == End::Comma {
            elements += 1;
        }
        elements
    }

    /// If `"events": [` stands here, pass it.
    fn enter_events(&mut self) -> bool {
        let quote = blank_until(self.body, self.at);
        if self.body.get(quote) != Some(&b'"') {
            return false;
        }
        let behind_key = self.behind_string(quote);
        let key = &self.body[quote + 1..behind_key];
        let colon = blank_until(self.body, behind_key);
        let square = blank_until(self.body, colon.saturating_add(1));
        let found = key.strip_suffix(b"\"").is_some_and(spells_events)
            && self.body.get(colon) == Some(&b':')
            && self.body.get(square) == Some(&b'[');
        if found {
            self.at = square + 1;
        }
        found
    }

    /// Pass everything up to and including the next comma or `closer` outside of brackets.
    fn next_end(&mut self, closer: u8) -> End {
        self.open.clear();
        self.squares = 0;
        while let Some(byte) = self.body.get(self.at) {
            if *byte == b'"' {
                self.at = self.behind_string(self.at);
                continue;
            }
            self.at += 1;
            match byte {
                b',' if self.open.is_empty() => return End::Comma,
                b'[' | b'{' => {
                    self.open.push(*byte);
                    self.squares += usize::from(*byte == b'[');
                }
                b']' | b'}' if !self.matched(*byte) && *byte == closer => return End::Closed,
                _ => {}
            }
        }
        End::Body
    }

    /// Whether a closer has an opener; everything from the nearest one on is closed then.
    fn matched(&mut self, closer: u8) -> bool {
        let opener = if closer == b']' { b'[' } else { b'{' };
        let openers = if closer == b']' { self.squares } else { self.open.len() - self.squares };
        if openers == 0 {
            return false;
        }
        let nearest = self.open.iter().rposition(|open| *open == opener).unwrap_or(0);
        self.squares -= memchr_iter(b'[', &self.open[nearest..]).count();
        self.open.truncate(nearest);
        true
    }

    /// The byte behind the string that opens at `quote`; a raw line feed ends it too and stays.
    fn behind_string(&self, quote: usize) -> usize {
        let mut at = quote + 1;
        while let Some(offset) = memchr::memchr3(b'"', b'\\', b'\n', self.body.get(at..).unwrap_or_default()) {
            at += offset;
            match self.body[at] {
                b'"' => return at + 1,
                b'\n' => return at,
                _ => at += if self.body.get(at + 1) == Some(&b'\n') { 1 } else { 2 },
            }
        }
        self.body.len()
    }
}

/// Whether a key reads `events`, be it with escapes.
fn spells_events(key: &[u8]) -> bool {
    key == b"events" || (key.len() <= 36 && key.contains(&b'\\') && escaped_is_events(key))
}

fn escaped_is_events(key: &[u8]) -> bool {
    let mut quoted = Vec::with_capacity(key.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(key);
    quoted.push(b'"');
    serde_json::from_slice::<String>(&quoted).is_ok_and(|text| text == "events")
}

#[cfg(test)]
mod tests {
    use super::*;

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
