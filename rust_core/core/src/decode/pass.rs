//! The steps of the quick parser over the bytes of one event: marks, heads of members, texts, numbers.
//!
//! Every step leaves the pass behind what it took, or gives `None`, which ends the attempt.

use crate::batch::Span;
use crate::limits::TOKENS_MAX;

use super::ending::Ending;
use super::field::{PLAIN_BYTES_MAX, WIDE_BYTES, Wide};
use super::scan::{DIGITS_AT_ONCE, digits_at_once, is_space, string_stop};

/// Where the one pass over the bytes stands.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// Line feeds are white space (not so in NDJSON, where they end the event).
    pub(super) newlines: bool,
    /// A bit for each key that has occurred.
    pub(super) seen: u64,
    /// See [`RawEvent::plain`].
    pub(super) plain: bool,
}

impl<'a> Pass<'a> {
    /// Take a step that is a call. It works on a copy: what a call can reach through a pointer must lie in memory at
    /// all times, and the next key waits for it there.
    #[inline(always)]
    pub(super) fn aside<T>(&mut self, step: impl FnOnce(&mut Pass<'a>) -> Option<T>) -> Option<T> {
        let mut copy = *self;
        let found = step(&mut copy)?;
        *self = copy;
        Some(found)
    }

    /// The next byte that is no white space, which is where the pass then stands.
    #[inline(always)]
    pub(super) fn peek(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        if byte > b' ' { Some(byte) } else { self.skip_space() }
    }

    #[inline(always)]
    fn skip_space(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            if !is_space(byte) {
                return Some(byte);
            }
            if byte == b'\n' && !self.newlines {
                return None;
            }
            self.at += 1;
        }
    }

    #[inline(always)]
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        if self.peek()? != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// If this head stands behind the mark at hand, pass both.
    #[inline(always)]
    pub(super) fn pass_head(&mut self, mark: u8, head: &Wide) -> bool {
        let Some(here) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<{ WIDE_BYTES + 1 }>()) else {
            return false;
        };
        let is_head = here[0] == mark && head.begins(here);
        self.at += if is_head { 1 + head.len } else { 0 };
        is_head
    }

    /// What stands before the closing quote of a text, of which the opening one has been passed.
    #[inline(always)]
    pub(super) fn text(&mut self, ending: &mut Ending) -> Option<Span> {
        let rest = self.bytes.get(self.at..)?;
        let length = ending.of(rest);
        if *rest.get(length)? != b'"' {
            return None;
        }
        // What is empty ends with the opening quote, which is not in `rest`.
        let last = rest.get(length.wrapping_sub(1)).copied().unwrap_or(b' ');
        self.plain &= (rest[0] != b' ') & (last != b' ') & (length <= PLAIN_BYTES_MAX);
        let span = Span { at: self.at as u32, len: length as u32 };
        self.at += length + 1;
        Some(span)
    }

    /// A string without escapes.
    #[inline(always)]
    pub(super) fn string(&mut self) -> Option<Span> {
        if *self.bytes.get(self.at)? != b'"' {
            return None;
        }
        let from = self.at + 1;
        let stop = string_stop(self.bytes, from);
        if *self.bytes.get(stop)? != b'"' {
            return None;
        }
        self.at = stop + 1;
        Some(Span { at: from as u32, len: (stop - from) as u32 })
    }

    /// A token count within its bound.
    #[inline(always)]
    pub(super) fn tokens(&mut self) -> Option<u32> {
        self.few_digits().or_else(|| self.aside(Pass::many_digits))
    }

    /// An integer of at most seven digits; the pass stands where it was when it is none.
    #[inline(always)]
    pub(super) fn few_digits(&mut self) -> Option<u32> {
        let (value, places) = digits_at_once(self.bytes, self.at)?;
        let leading_zero = places > 1 && self.bytes[self.at] == b'0';
        if leading_zero || !(1..DIGITS_AT_ONCE).contains(&places) {
            return None;
        }
        self.at += places;
        Some(value)
    }

    /// A token count of any length, or at the end of the window.
    #[cold]
    fn many_digits(&mut self) -> Option<u32> {
        let digits = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = &self.bytes[self.at..self.at + digits];
        if digits == 0 || digits > 17 || (digits > 1 && text[0] == b'0') {
            return None;
        }
        let value = text.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
        self.at += digits;
        u32::try_from(value).ok().filter(|value| u64::from(*value) <= TOKENS_MAX)
    }

    pub(super) fn boolean(&mut self) -> Option<bool> {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(b"true") {
            self.at += 4;
            return Some(true);
        }
        if rest.starts_with(b"false") {
            self.at += 5;
            return Some(false);
        }
        None
    }
}
