//! Elements of a body, broken or not, written as an array or an envelope that is split at the same bytes again.
//!
//! ```text
//! [{…},{…},"open⏎,{…}]                    a line feed ends an open string
//! {"events":[{…},{"a":1],"events":[{…}]}   a bracket ends open braces, and the next array begins
//! ```
//! A broken element may swallow what follows it. So each is split again with the four tails that could have ended it
//! where it stood, and travels with the one that ends it at its last byte.

use super::split::{Context, Splitter};

/// The elements of a piece. Behind an element that only a bracket ends, another `events` array of an envelope begins.
pub(super) struct Elements {
    bytes: Vec<u8>,
    /// The tail of the last element, not yet written.
    tail: Option<Tail>,
    is_envelope: bool,
    /// The array at hand holds one empty element and nothing else.
    is_one_empty: bool,
}

impl Elements {
    pub(super) fn new(capacity: usize) -> Elements {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.push(b'[');
        Elements { bytes, tail: None, is_envelope: false, is_one_empty: false }
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn push(&mut self, event: &[u8], tail: Tail) {
        let last = self.tail.replace(tail);
        match last {
            None => {}
            Some(Tail::Comma) => self.bytes.push(b','),
            Some(Tail::LineComma) => self.bytes.extend_from_slice(b"\n,"),
            Some(Tail::Bracket) => self.bytes.extend_from_slice(b"],\"events\":["),
            Some(Tail::LineBracket) => self.bytes.extend_from_slice(b"\n],\"events\":["),
        }
        let begins = !matches!(last, Some(Tail::Comma | Tail::LineComma));
        self.is_envelope |= begins && last.is_some();
        self.is_one_empty = begins && event.is_empty();
        self.bytes.extend_from_slice(event);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        let close: &[u8] = match self.tail {
            // `[]` would be none.
            _ if self.is_one_empty => b"",
            Some(Tail::LineComma | Tail::LineBracket) => b"\n]",
            _ => b"]",
        };
        let mut bytes = self.bytes;
        bytes.extend_from_slice(close);
        if self.is_envelope {
            bytes.splice(..0, *b"{\"events\":");
            bytes.extend_from_slice(if self.is_one_empty { b"" } else { b"}" });
        }
        bytes
    }
}

/// What ends an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// A comma or a bracket.
    Comma,
    /// A line feed ends its open string, then as above.
    LineComma,
    /// The bracket alone: a comma would stand within its open braces.
    Bracket,
    /// A line feed, then as above.
    LineBracket,
}

/// Finds the tail of elements that may be broken.
#[derive(Default)]
pub(super) struct Tails {
    splitter: Splitter,
    scratch: Vec<u8>,
}

impl Tails {
    const ALL: [(Tail, &'static [u8]); 4] =
        [(Tail::Comma, b","), (Tail::LineComma, b"\n,"), (Tail::Bracket, b"]"), (Tail::LineBracket, b"\n]")];

    /// The tail that ends the element at its last byte, or `None` when only the end of the body did.
    pub(super) fn of(&mut self, event: &[u8]) -> Option<Tail> {
        self.scratch.clear();
        self.scratch.extend_from_slice(event);
        let found = Tails::ALL.iter().find(|(_, tail)| {
            self.scratch.truncate(event.len());
            self.scratch.extend_from_slice(tail);
            self.splitter.end(&self.scratch, 0, Context::Array) == self.scratch.len() - 1
        });
        found.map(|(tail, _)| *tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_travels_with_the_tail_that_ends_it() {
        let mut tails = Tails::default();
        for (event, tail) in [
            ("{}", Some(Tail::Comma)),
            ("", Some(Tail::Comma)),
            ("{\"a\":[1,2}", Some(Tail::Comma)),
            ("\"a", Some(Tail::LineComma)),
            ("\"a\\", Some(Tail::LineComma)),
            ("{\"a\":1", Some(Tail::Bracket)),
            ("{\"a\":\"b", Some(Tail::LineBracket)),
            ("{\"a\":[1", None),
            ("x, y", None),
        ] {
            assert_eq!(tails.of(event.as_bytes()), tail, "{event}");
        }
    }

    #[test]
    fn behind_an_element_that_only_a_bracket_ends_the_next_array_begins() {
        let mut elements = Elements::new(0);
        elements.push(b"1", Tail::Comma);
        elements.push(b"{", Tail::Bracket);
        elements.push(b"", Tail::Comma);
        assert_eq!(elements.finish(), b"{\"events\":[1,{],\"events\":[");
    }
}
