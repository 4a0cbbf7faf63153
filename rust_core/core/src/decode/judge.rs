//! What both parsers' events must fulfil, decided once: lengths, required fields, status, time, tenant, tags.
//!
//! In goes a [`RawEvent`] over its base bytes; out comes the same event with trimmed spans and a [`Verdict`], or the
//! first fault. Nothing is stored here.

use crate::batch::{ABSENT_I64, Span};
use crate::limits::{
    ID_BYTES_MAX, Limits, SOURCE_BYTES_MAX, TAG_KEY_BYTES_MAX, TEXT_BYTES_MAX, TIME_US_END, TIME_US_MIN,
};
use crate::reject::Code;

use super::field::{self, Field, TEXTS};
use super::id_time::id_time_us;
use super::message::Message;
use super::raw::{ABSENT_U64, Fault, RawEvent};
use super::scan::trim;
use super::time::rfc3339_us;

/// What judging found out beside the values themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdict {
    pub(super) ts_us: i64,
    pub(super) status: Status,
    pub(super) total_mismatch: bool,
}

/// The closed list of outcomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status(u8);

/// Names of the statuses; the first is the default and the only one that is no error.
pub const STATUSES: [&str; 9] = [
    "ok",
    "timeout",
    "rate_limited",
    "auth",
    "invalid_request",
    "content_filter",
    "server_error",
    "cancelled",
    "other",
];

impl Status {
    const OK: Status = Status(0);

    /// True for every status but `ok`.
    pub(super) fn is_error(self) -> bool {
        self != Status::OK
    }

    pub(super) fn name(self) -> &'static str {
        STATUSES[usize::from(self.0)]
    }

    #[inline]
    fn of(text: &[u8]) -> Option<Status> {
        if text == b"ok" {
            return Some(Status::OK);
        }
        let at = STATUSES.iter().position(|name| text.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(Status(at as u8))
    }
}

/// What a tenant and the moment of receipt demand of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds<'a> {
    slug: Option<&'a str>,
    ts_us_min: i64,
    ts_us_max: i64,
}

impl<'a> Bounds<'a> {
    /// No demands: they have been held against the event before, with another clock.
    pub(super) const OPEN: Bounds<'static> = Bounds { slug: None, ts_us_min: i64::MIN, ts_us_max: i64::MAX };

    /// The demands on the events of a message.
    pub(super) fn of(message: &Message<'a>, limits: &Limits) -> Bounds<'a> {
        let received_at_us = message.received_at_us;
        let oldest = |horizon| received_at_us.saturating_sub(horizon);
        Bounds {
            slug: Some(&message.tenant.slug),
            ts_us_min: message.tenant.late_horizon_us.map_or(i64::MIN, oldest),
            ts_us_max: received_at_us.saturating_add(limits.ahead_us_max),
        }
    }
}

/// Judge an event against the dialect and these bounds.
#[inline]
pub(super) fn judge(raw: &mut RawEvent, base: &[u8], bounds: &Bounds) -> Result<Verdict, Fault> {
    if !raw.plain {
        for field in 0..TEXTS {
            trim_text(&mut raw.texts[field], base, field as Field)?;
        }
    }
    if bounds.slug.is_some_and(|slug| text_is_other(raw.texts[usize::from(field::TENANT)], base, slug.as_bytes())) {
        return Err(Fault::of(Code::TenantMismatch, field::TENANT));
    }
    if raw.texts[usize::from(field::ID)] == Span::NONE {
        return Err(Fault::of(Code::MissingId, field::ID));
    }
    if raw.texts[usize::from(field::MODEL)] == Span::NONE {
        return Err(Fault::of(Code::MissingModel, field::MODEL));
    }
    let status = match bytes_of(raw.texts[usize::from(field::STATUS)], base) {
        None => Status::OK,
        Some(text) => Status::of(text).ok_or_else(|| Fault::of(Code::UnknownStatus, field::STATUS))?,
    };
    judge_tags(raw, base)?;
    let ts_us = judge_time(raw, base, bounds)?;
    let total: u64 = raw.tokens.iter().map(|tokens| u64::from(*tokens)).sum();
    let total_mismatch = raw.total_tokens != ABSENT_U64 && raw.total_tokens != total;
    Ok(Verdict { ts_us, status, total_mismatch })
}

/// The bytes of a span, or `None` when it is absent.
#[inline(always)]
pub(super) fn bytes_of(span: Span, base: &[u8]) -> Option<&[u8]> {
    if span.len == Span::ABSENT {
        return None;
    }
    base.get(span.at as usize..span.at as usize + span.len as usize)
}

/// Cut the white space off a text and hold it to its bound; an empty text becomes an absent one.
#[inline(always)]
fn trim_text(span: &mut Span, base: &[u8], field: Field) -> Result<(), Fault> {
    let Some(bytes) = bytes_of(*span, base) else {
        return Ok(());
    };
    let trimmed = trim(bytes);
    if trimmed.len() != bytes.len() {
        *span = sub_span(*span, bytes, trimmed);
    }
    if trimmed.is_empty() {
        *span = Span::NONE;
    }
    if trimmed.len() > text_bytes_max(field) {
        return Err(Fault::of(Code::TooLong, field));
    }
    Ok(())
}

const fn text_bytes_max(field: Field) -> usize {
    match field {
        field::SOURCE => SOURCE_BYTES_MAX,
        field::ID => ID_BYTES_MAX,
        _ => TEXT_BYTES_MAX,
    }
}

/// The span of `part`, which is `whole` without some bytes at its ends.
#[cold]
fn sub_span(span: Span, whole: &[u8], part: &[u8]) -> Span {
    let cut = whole.len() - whole.trim_ascii_start().len();
    Span { at: span.at + cut.min(whole.len()) as u32, len: part.len() as u32 }
}

fn text_is_other(span: Span, base: &[u8], expected: &[u8]) -> bool {
    bytes_of(span, base).is_some_and(|text| text != expected)
}

/// Trim keys and values, hold them to their bounds, refuse a key twice, drop the nulls.
fn judge_tags(raw: &mut RawEvent, base: &[u8]) -> Result<(), Fault> {
    for at in 0..raw.tags.len() {
        let (mut key, mut value) = raw.tags[at];
        let bytes = bytes_of(key, base).unwrap_or_default();
        let name = trim(bytes);
        if name.len() > TAG_KEY_BYTES_MAX {
            return Err(Fault::of(Code::TooLong, field::TAGS));
        }
        key = sub_span(key, bytes, name);
        if let Some(bytes) = bytes_of(value, base) {
            let trimmed = trim(bytes);
            if trimmed.len() > TEXT_BYTES_MAX {
                return Err(Fault::of_tag(Code::TooLong, name));
            }
            value = sub_span(value, bytes, trimmed);
        }
        if raw.tags[..at].iter().any(|(other, _)| bytes_of(*other, base) == Some(name)) {
            return Err(Fault::of_tag(Code::DuplicateKey, name));
        }
        raw.tags[at] = (key, value);
    }
    raw.tags.retain(|(_, value)| *value != Span::NONE);
    Ok(())
}

/// The one moment that all time fields name, else the one that the id carries, held against the receipt.
fn judge_time(raw: &RawEvent, base: &[u8], bounds: &Bounds) -> Result<i64, Fault> {
    let (ts_us, field) = match stated_time(raw, base)? {
        Some(stated) => stated,
        None => {
            let id = bytes_of(raw.texts[usize::from(field::ID)], base).unwrap_or_default();
            let carried = id_time_us(id).filter(|us| (TIME_US_MIN..TIME_US_END).contains(us));
            (carried.ok_or_else(|| Fault::of(Code::MissingTime, field::TIME))?, field::ID)
        }
    };
    if ts_us > bounds.ts_us_max {
        return Err(Fault::of(Code::InFuture, field));
    }
    if ts_us < bounds.ts_us_min {
        return Err(Fault::of(Code::TooOld, field));
    }
    Ok(ts_us)
}

/// The moment and the field that first names it.
fn stated_time(raw: &RawEvent, base: &[u8]) -> Result<Option<(i64, Field)>, Fault> {
    let mut stated: Option<(i64, Field)> = None;
    let mut state = |us: i64, field: Field| {
        if !(TIME_US_MIN..TIME_US_END).contains(&us) {
            return Err(Fault::of(Code::InvalidTime, field));
        }
        match stated {
            Some((other, _)) if other != us => return Err(Fault::of(Code::ConflictingTime, field)),
            Some(_) => {}
            None => stated = Some((us, field)),
        }
        Ok(())
    };
    if let Some(text) = bytes_of(raw.texts[usize::from(field::TIME)], base) {
        let us = rfc3339_us(text).ok_or_else(|| Fault::of(Code::InvalidTime, field::TIME))?;
        state(us, field::TIME)?;
    }
    for (at, us) in raw.unix_us.iter().enumerate() {
        if *us != ABSENT_I64 {
            state(*us, field::TIME_UNIX_S + at as Field)?;
        }
    }
    Ok(stated)
}
