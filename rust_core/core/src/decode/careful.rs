//! The careful parser: accepts exactly what is legal and says exactly what is not.
//!
//! ```text
//! event ─UTF-8?─▶ ─JSON?─▶ walk the keys ─▶ RawEvent over `texts` (unescaped copies)
//! ```
//! It runs on the events that the quick parser would not take: unknown keys, escapes, faults. Nothing here is
//! recursive; memory is bounded by the length of one event.

use std::ops::Range;

use crate::batch::Span;
use crate::limits::{Limits, TAGS_MAX};
use crate::reject::Code;

use super::check::check;
use super::field::{self, Field, Place, TEXTS};
use super::message::Dialect;
use super::number;
use super::raw::{Fault, RawEvent};
use super::scan::{number_stop, skip_space};
use super::text::{skip_string, unescape};

/// Memory that is kept from event to event.
#[derive(Debug, Default)]
pub(super) struct CarefulParser {
    texts: Vec<u8>,
    open: Vec<u8>,
    key: Vec<u8>,
}

impl CarefulParser {
    /// Parse one whole event. On success the spans of `raw` point into [`CarefulParser::texts`].
    pub(super) fn parse(
        &mut self,
        event: &[u8],
        dialect: Dialect,
        limits: &Limits,
        raw: &mut RawEvent,
    ) -> Result<(), Fault> {
        if dialect == Dialect::CloudEvents {
            return self.parse_cloud_event(event, limits, raw);
        }
        let at = self.begin(event, limits, raw)?;
        self.object(event, at, Place::Event, &mut 0, raw)
    }

    /// Forget the last event, and find the brace of this one: it is JSON within the bounds.
    pub(super) fn begin(&mut self, event: &[u8], limits: &Limits, raw: &mut RawEvent) -> Result<usize, Fault> {
        raw.clear();
        self.texts.clear();
        if event.len() > limits.event_bytes_max.min(crate::limits::EVENT_BYTES_CAP) {
            return Err(Fault::whole(Code::EventTooLarge));
        }
        if let Err(error) = simdutf8::compat::from_utf8(event) {
            return Err(Fault::at(Code::InvalidUtf8, error.valid_up_to()));
        }
        check(event, limits.depth_max, &mut self.open)?;
        let at = skip_space(event, 0);
        if event.get(at) != Some(&b'{') {
            return Err(Fault::whole(Code::NotAnObject));
        }
        Ok(at)
    }

    /// The bytes that the spans point into.
    pub(super) fn texts(&self) -> &[u8] {
        &self.texts
    }

    /// Walk the members of the event or of its usage.
    pub(super) fn object(
        &mut self,
        event: &[u8],
        at: usize,
        place: Place,
        seen: &mut u64,
        raw: &mut RawEvent,
    ) -> Result<(), Fault> {
        let mut members = Members::new(event, at);
        while let Some(Member { key, value }) = members.next_member() {
            let Some(field) = self.known(&event[key], place) else {
                raw.unknown_fields += 1;
                continue;
            };
            if *seen & (1 << field) != 0 {
                return Err(Fault::of(Code::DuplicateKey, field));
            }
            *seen |= 1 << field;
            match (field, event[value]) {
                (_, b'n') => {}
                (field::USAGE, b'{') => self.object(event, value, Place::Usage, seen, raw)?,
                (field::TAGS, b'{') => self.tags(event, value, raw)?,
                (field::USAGE | field::TAGS, _) => return Err(Fault::of(Code::WrongType, field)),
                _ => self.value(event, value, field, raw)?,
            }
        }
        Ok(())
    }

    /// The number of a key as it stands in the event, escapes and all.
    fn known(&mut self, key: &[u8], place: Place) -> Option<Field> {
        if !key.contains(&b'\\') {
            return field::find(key, place);
        }
        self.key.clear();
        // A key with half a surrogate or a NUL is none of ours.
        unescape(key, &mut self.key).ok()?;
        field::find(&self.key, place)
    }

    fn value(&mut self, event: &[u8], at: usize, field: Field, raw: &mut RawEvent) -> Result<(), Fault> {
        if usize::from(field) < TEXTS {
            if event[at] != b'"' {
                return Err(Fault::of(Code::WrongType, field));
            }
            raw.texts[usize::from(field)] = self.text(event, at).map_err(|fault| fault.naming(field))?;
            return Ok(());
        }
        match event[at] {
            b't' | b'f' if field == field::ESTIMATED => raw.estimated = event[at] == b't',
            b'-' | b'0'..=b'9' => number::set(raw, field, &event[at..number_stop(event, at)])?,
            b'"' if field == field::COST_USD => {
                let span = self.text(event, at).map_err(|fault| fault.naming(field))?;
                let text = &self.texts[span.at as usize..][..span.len as usize];
                raw.cost_pico_usd = number::cost_text(text)?;
            }
            _ => return Err(Fault::of(Code::WrongType, field)),
        }
        Ok(())
    }

    fn tags(&mut self, event: &[u8], at: usize, raw: &mut RawEvent) -> Result<(), Fault> {
        let mut members = Members::new(event, at);
        while let Some(Member { key, value }) = members.next_member() {
            if raw.tags.len() == TAGS_MAX {
                return Err(Fault::of(Code::TooManyTags, field::TAGS));
            }
            let key = self.text(event, key.start - 1).map_err(|fault| fault.naming(field::TAGS))?;
            let name = &self.texts[key.at as usize..][..key.len as usize];
            let value = match event[value] {
                b'n' => Span::NONE,
                b'"' => self.text(event, value).map_err(|fault| fault.naming(field::TAGS))?,
                _ => return Err(Fault::of_tag(Code::WrongType, name)),
            };
            raw.tags.push((key, value));
        }
        Ok(())
    }

    /// Copy a string, from its opening quote, without its escapes.
    pub(super) fn text(&mut self, event: &[u8], at: usize) -> Result<Span, Fault> {
        let from = self.texts.len();
        let end = skip_string(event, at) - 1;
        unescape(&event[at + 1..end], &mut self.texts).map_err(|(code, offset)| Fault::at(code, at + 1 + offset))?;
        Ok(Span { at: from as u32, len: (self.texts.len() - from) as u32 })
    }
}

/// Walks the members of an object that is known to be valid JSON.
pub(super) struct Members<'a> {
    event: &'a [u8],
    at: usize,
}

/// Where the text of a key stands (between its quotes), and where its value begins.
pub(super) struct Member {
    pub(super) key: Range<usize>,
    pub(super) value: usize,
}

impl<'a> Members<'a> {
    pub(super) fn new(event: &'a [u8], at: usize) -> Members<'a> {
        Members { event, at: skip_space(event, at + 1) }
    }

    pub(super) fn next_member(&mut self) -> Option<Member> {
        if self.event.get(self.at) == Some(&b',') {
            self.at = skip_space(self.event, self.at + 1);
        }
        if self.event.get(self.at) != Some(&b'"') {
            return None;
        }
        let key_end = skip_string(self.event, self.at);
        let key = self.at + 1..key_end - 1;
        let colon = skip_space(self.event, key_end);
        let value = skip_space(self.event, colon + 1);
        self.at = skip_space(self.event, skip_value(self.event, value));
        Some(Member { key, value })
    }
}

/// The byte after a value of valid JSON.
fn skip_value(event: &[u8], mut at: usize) -> usize {
    let mut depth = 0usize;
    while let Some(byte) = event.get(at) {
        match byte {
            b'"' => at = skip_string(event, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            b',' if depth == 0 => return at,
            _ => at += 1,
        }
        if depth == 0 && matches!(byte, b'"' | b'}' | b']') {
            return at;
        }
    }
    at
}
