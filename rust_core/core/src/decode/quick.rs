//! The quick parser: one pass over an event as producers usually write it, learning the order of their keys.
//!
//! ```text
//! "provider" : "openai" ,   "model" : …
//!  └ the key that followed the last time, one 32-byte compare; else looked up
//!             └ string end by words of eight bytes, the value is a span of the body
//! ```
//! Whatever is unusual (an unknown or repeated key, an escape, a null, a number out of bounds, a fault) ends the
//! attempt with `None`; the careful parser then decides. What this parser accepts, that one accepts with the same
//! values: a differential test and a fuzz target hold the two together.

use crate::batch::Span;
use crate::limits::{EVENT_BYTES_CAP, TAGS_MAX, TOKENS_MAX};

use super::field::{self, FIELDS, FIRST_USAGE, Field, Place, TEXTS, WIDE, WIDE_BYTES};
use super::number;
use super::raw::RawEvent;
use super::scan::{is_space, number_stop, string_stop};

/// Which key followed which. One entry more than keys: the last one is for the beginning of an object.
#[derive(Debug)]
pub(super) struct QuickParser {
    next: [Field; FIELDS + 2],
}

const EVENT_START: usize = FIELDS;
const USAGE_START: usize = FIELDS + 1;

impl Default for QuickParser {
    fn default() -> QuickParser {
        let mut next = [0; FIELDS + 2];
        next[USAGE_START] = FIRST_USAGE;
        QuickParser { next }
    }
}

impl QuickParser {
    /// Parse the event at the start of `window`, which must be UTF-8. The length of the event.
    #[inline]
    pub(super) fn parse(&mut self, window: &[u8], newlines: bool, raw: &mut RawEvent) -> Option<usize> {
        raw.clear();
        let window = &window[..window.len().min(EVENT_BYTES_CAP)];
        let mut pass = Pass { bytes: window, at: 0, newlines, seen: 0 };
        self.object(&mut pass, Place::Event, raw)?;
        Some(pass.at)
    }

    #[inline(always)]
    fn object(&mut self, pass: &mut Pass, place: Place, raw: &mut RawEvent) -> Option<()> {
        pass.expect(b'{')?;
        let mut last = if place == Place::Event { EVENT_START } else { USAGE_START };
        if pass.peek()? == b'}' {
            pass.at += 1;
            return Some(());
        }
        loop {
            let field = self.key(pass, last, place)?;
            last = usize::from(field);
            if pass.seen & (1 << field) != 0 {
                return None;
            }
            pass.seen |= 1 << field;
            pass.expect(b':')?;
            pass.peek()?;
            match field {
                field::USAGE => self.usage(pass, raw)?,
                _ => value(pass, field, raw)?,
            }
            match pass.peek()? {
                b',' => pass.at += 1,
                b'}' => {
                    pass.at += 1;
                    return Some(());
                }
                _ => return None,
            }
            pass.peek()?;
        }
    }

    #[inline(never)]
    fn usage(&mut self, pass: &mut Pass, raw: &mut RawEvent) -> Option<()> {
        self.object(pass, Place::Usage, raw)
    }

    /// The key at hand: the one that followed the last time, or any other known one of this place.
    #[inline(always)]
    fn key(&mut self, pass: &mut Pass, last: usize, place: Place) -> Option<Field> {
        let guess = self.next[last];
        if let Some(head) = pass.bytes.get(pass.at..pass.at + WIDE_BYTES) {
            let wide = &WIDE[usize::from(guess)];
            let low = u128::from_le_bytes(head[..16].try_into().ok()?);
            let high = u128::from_le_bytes(head[16..].try_into().ok()?);
            if ((low ^ wide.word[0]) & wide.mask[0]) | ((high ^ wide.word[1]) & wide.mask[1]) == 0 {
                pass.at += wide.len;
                return Some(guess);
            }
        }
        let field = slow_key(pass, place)?;
        self.next[last] = field;
        Some(field)
    }
}

#[cold]
fn slow_key(pass: &mut Pass, place: Place) -> Option<Field> {
    let span = pass.string()?;
    field::find(&pass.bytes[span.at as usize..][..span.len as usize], place)
}

/// The value of a known key.
#[inline(always)]
fn value(pass: &mut Pass, field: Field, raw: &mut RawEvent) -> Option<()> {
    if usize::from(field) < TEXTS {
        raw.texts[usize::from(field)] = pass.string()?;
        return Some(());
    }
    match field {
        FIRST_USAGE..field::TOTAL_TOKENS => raw.tokens[usize::from(field - FIRST_USAGE)] = pass.tokens()?,
        field::TAGS => tags(pass, raw)?,
        field::ESTIMATED => raw.estimated = pass.boolean()?,
        field::LATENCY_MS => raw.latency_us = duration(pass, field, raw)?,
        field::TTFT_MS => raw.ttft_us = duration(pass, field, raw)?,
        field::COST_USD if *pass.bytes.get(pass.at)? == b'"' => {
            let span = pass.string()?;
            raw.cost_pico_usd = number::cost_text(&pass.bytes[span.at as usize..][..span.len as usize]).ok()?;
        }
        _ => any_number(pass, field, raw)?,
    }
    Some(())
}

/// Milliseconds with at most three digits behind the point, else whatever the careful reading makes of it.
#[inline(always)]
fn duration(pass: &mut Pass, field: Field, raw: &mut RawEvent) -> Option<i64> {
    let from = pass.at;
    let whole = pass.digits();
    let whole_digits = pass.at - from;
    let leading_zero = whole_digits > 1 && pass.bytes[from] == b'0';
    if whole_digits == 0 || whole_digits > 8 || leading_zero {
        return careful_duration(pass, from, field, raw);
    }
    let mut us = whole * 1000;
    if pass.bytes.get(pass.at) == Some(&b'.') {
        pass.at += 1;
        let point = pass.at;
        let fraction = pass.digits();
        us += match pass.at - point {
            1 => fraction * 100,
            2 => fraction * 10,
            3 => fraction,
            _ => return careful_duration(pass, from, field, raw),
        };
    }
    if !matches!(pass.bytes.get(pass.at), Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t')) {
        return careful_duration(pass, from, field, raw);
    }
    Some(us as i64)
}

#[cold]
fn careful_duration(pass: &mut Pass, from: usize, field: Field, raw: &mut RawEvent) -> Option<i64> {
    pass.at = from;
    any_number(pass, field, raw)?;
    Some(if field == field::LATENCY_MS { raw.latency_us } else { raw.ttft_us })
}

/// A number token of any form; what is no number of JSON is refused by the reading of the decimal.
#[inline(never)]
fn any_number(pass: &mut Pass, field: Field, raw: &mut RawEvent) -> Option<()> {
    let end = number_stop(pass.bytes, pass.at);
    let token = &pass.bytes[pass.at..end];
    // Integer fields are not read by the decimal, so a leading zero must be looked for here.
    if token.is_empty() || matches!(token, [b'0', b'0'..=b'9', ..] | [b'-', ..]) {
        return None;
    }
    number::set(raw, field, token).ok()?;
    pass.at = end;
    Some(())
}

/// A flat object of strings.
#[inline(never)]
fn tags(pass: &mut Pass, raw: &mut RawEvent) -> Option<()> {
    pass.expect(b'{')?;
    if pass.peek()? == b'}' {
        pass.at += 1;
        return Some(());
    }
    loop {
        if raw.tags.len() == TAGS_MAX {
            return None;
        }
        let key = pass.string()?;
        pass.expect(b':')?;
        pass.peek()?;
        raw.tags.push((key, pass.string()?));
        match pass.peek()? {
            b',' => pass.at += 1,
            b'}' => {
                pass.at += 1;
                return Some(());
            }
            _ => return None,
        }
        pass.peek()?;
    }
}

/// Where the one pass over the bytes stands.
struct Pass<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Line feeds are white space (not so in NDJSON, where they end the event).
    newlines: bool,
    /// A bit for each key that has occurred.
    seen: u64,
}

impl Pass<'_> {
    /// The next byte that is no white space, which is where the pass then stands.
    #[inline(always)]
    fn peek(&mut self) -> Option<u8> {
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
    fn expect(&mut self, byte: u8) -> Option<()> {
        if self.peek()? != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// A string without escapes.
    #[inline(always)]
    fn string(&mut self) -> Option<Span> {
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

    /// Digits, at most 17 of them (more stay where they are, and no value ends before a digit).
    #[inline(always)]
    fn digits(&mut self) -> u64 {
        let mut value = 0u64;
        let stop = self.bytes.len().min(self.at + 17);
        while self.at < stop {
            let digit = self.bytes[self.at].wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value * 10 + u64::from(digit);
            self.at += 1;
        }
        value
    }

    /// A token count within its bound.
    #[inline(always)]
    fn tokens(&mut self) -> Option<u32> {
        let from = self.at;
        let value = self.digits();
        let length = self.at - from;
        if length == 0 || value > TOKENS_MAX || (length > 1 && self.bytes[from] == b'0') {
            return None;
        }
        Some(value as u32)
    }

    fn boolean(&mut self) -> Option<bool> {
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
