//! The quick parser: one pass over an event as producers usually write it, learning the order of their keys.
//!
//! ```text
//! ,"provider":"openai","model": …
//!  └ the key that followed the last time with its colon and quote, one 32-byte compare; else step by step
//!              └ string end by sixteen bytes, the value is a span of the body
//! ```
//! Whatever is unusual (an unknown or repeated key, an escape, a null, a number out of bounds, a fault) ends the
//! attempt with `None`; the careful parser then decides. What this parser accepts, that one accepts with the same
//! values: a differential test and a fuzz target hold the two together.

use crate::limits::{EVENT_BYTES_CAP, Limits, TAGS_MAX};

use super::ending::Ending;
use super::field::{self, FIELDS, FIRST_USAGE, Field, HEADS, Place, TEXTS};
use super::message::{Dialect, Message};
use super::number;
use super::pass::Pass;
use super::raw::RawEvent;
use super::scan::{digits_at_once, number_stop};

/// What the events so far have taught: which key follows which, and where texts end.
#[derive(Debug)]
pub(super) struct QuickParser {
    /// By key; the last two entries are for the beginnings of the objects.
    next: [Field; FIELDS + 2],
    endings: [Ending; TEXTS],
}

const EVENT_START: usize = FIELDS;
const USAGE_START: usize = FIELDS + 1;

impl Default for QuickParser {
    fn default() -> QuickParser {
        // A guess is always of the same object as the key before it, else a word would be taken for what it is elsewhere.
        let mut next = [0; FIELDS + 2];
        next[usize::from(FIRST_USAGE)..FIELDS].fill(FIRST_USAGE);
        next[USAGE_START] = FIRST_USAGE;
        QuickParser { next, endings: [Ending::default(); TEXTS] }
    }
}

impl QuickParser {
    /// Whether the events of a message may be tried: this parser knows no envelopes, trusts its bytes to be UTF-8 and
    /// reads only events of depth two.
    pub(super) fn may_parse(message: &Message, limits: &Limits) -> bool {
        message.dialect == Dialect::Canonical
            && limits.depth_max >= 2
            && simdutf8::basic::from_utf8(message.payload).is_ok()
    }

    /// Parse the event at the start of `window`, which must be UTF-8. The length of the event.
    #[inline]
    pub(super) fn parse(&mut self, window: &[u8], newlines: bool, raw: &mut RawEvent) -> Option<usize> {
        raw.clear();
        let window = &window[..window.len().min(EVENT_BYTES_CAP)];
        let mut pass = Pass { bytes: window, at: 0, newlines, seen: 0, plain: true };
        self.object(&mut pass, Place::Event, raw)?;
        raw.plain = pass.plain;
        Some(pass.at)
    }

    #[inline(always)]
    fn object(&mut self, pass: &mut Pass, place: Place, raw: &mut RawEvent) -> Option<()> {
        let mut last = if place == Place::Event { EVENT_START } else { USAGE_START };
        let mut mark = b'{';
        loop {
            let guess = self.next[last];
            let field = if pass.pass_head(mark, &HEADS[usize::from(guess)]) {
                guess
            } else {
                match pass.peek()? {
                    b'}' if mark == b',' => break,
                    byte if byte == mark => pass.at += 1,
                    _ => return None,
                }
                if pass.peek()? == b'}' && mark == b'{' {
                    break;
                }
                self.next[last] = pass.aside(|pass| spaced_head(pass, guess, place))?;
                self.next[last]
            };
            (last, mark) = (usize::from(field), b',');
            if pass.seen & (1 << field) != 0 {
                return None;
            }
            pass.seen |= 1 << field;
            match field {
                field::USAGE => pass.aside(|pass| self.usage(pass, raw))?,
                _ => self.value(pass, field, raw)?,
            }
        }
        pass.at += 1;
        Some(())
    }

    #[inline(never)]
    fn usage(&mut self, pass: &mut Pass, raw: &mut RawEvent) -> Option<()> {
        let mut inner = *pass;
        self.object(&mut inner, Place::Usage, raw)?;
        *pass = inner;
        Some(())
    }

    /// The value of a known key.
    #[inline(always)]
    fn value(&mut self, pass: &mut Pass, field: Field, raw: &mut RawEvent) -> Option<()> {
        if usize::from(field) < TEXTS {
            let at = usize::from(field);
            raw.texts[at] = pass.text(&mut self.endings[at])?;
            return Some(());
        }
        pass.peek()?;
        match field {
            FIRST_USAGE..field::TOTAL_TOKENS => raw.tokens[usize::from(field - FIRST_USAGE)] = pass.tokens()?,
            field::TAGS => pass.aside(|pass| tags(pass, raw))?,
            field::ESTIMATED => raw.estimated = pass.boolean()?,
            field::LATENCY_MS => raw.latency_us = duration(pass, field, raw)?,
            field::TTFT_MS => raw.ttft_us = duration(pass, field, raw)?,
            field::COST_USD if *pass.bytes.get(pass.at)? == b'"' => {
                let span = pass.string()?;
                raw.cost_pico_usd = number::cost_text(&pass.bytes[span.at as usize..][..span.len as usize]).ok()?;
            }
            _ => pass.aside(|pass| any_number(pass, field, raw))?,
        }
        Some(())
    }
}

/// The key at hand, its colon and, before a text, the opening quote: step by step, with white space between them.
#[inline(never)]
fn spaced_head(pass: &mut Pass, guess: Field, place: Place) -> Option<Field> {
    let key = field::key_of(guess);
    let field = match pass.bytes.get(pass.at..)?.strip_prefix(b"\"").and_then(|rest| rest.strip_prefix(key)) {
        Some([b'"', ..]) => {
            pass.at += key.len() + 2;
            guess
        }
        _ => other_key(pass, place)?,
    };
    pass.expect(b':')?;
    if usize::from(field) < TEXTS {
        pass.expect(b'"')?;
    }
    Some(field)
}

#[cold]
fn other_key(pass: &mut Pass, place: Place) -> Option<Field> {
    let span = pass.string()?;
    field::find(&pass.bytes[span.at as usize..][..span.len as usize], place)
}

/// Milliseconds with at most three digits behind the point, else whatever the careful reading makes of it.
#[inline(always)]
fn duration(pass: &mut Pass, field: Field, raw: &mut RawEvent) -> Option<i64> {
    let from = pass.at;
    match plain_duration(pass) {
        Some(us) => Some(us),
        None => pass.aside(|pass| careful_duration(pass, from, field, raw)),
    }
}

#[inline(always)]
fn plain_duration(pass: &mut Pass) -> Option<i64> {
    const US_OF_PLACE: [u32; 4] = [0, 100, 10, 1];
    let mut us = u64::from(pass.few_digits()?) * 1000;
    if *pass.bytes.get(pass.at)? == b'.' {
        let (fraction, places) = digits_at_once(pass.bytes, pass.at + 1)?;
        us += u64::from(fraction) * u64::from(*US_OF_PLACE.get(places).filter(|us| **us != 0)?);
        pass.at += 1 + places;
    }
    let ends = matches!(pass.bytes.get(pass.at)?, b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
    ends.then_some(us as i64)
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
