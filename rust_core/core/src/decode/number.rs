//! Number tokens to the values of an event: counts, durations, money and Unix times. Both parsers end here.

use crate::limits::{COST_PICO_USD_MAX, LATENCY_US_MAX, TOKENS_MAX, TOTAL_TOKENS_MAX, WEB_SEARCHES_MAX};
use crate::reject::Code;

use super::decimal::{NumberFault, Round, scaled};
use super::field::{self, Field};
use super::raw::{Fault, RawEvent};
use super::scan::trim;

/// Milliseconds to microseconds.
const MS_TO_US: i64 = 3;
/// Dollars to pico-dollars.
const USD_TO_PICO: i64 = 12;
/// Seconds to microseconds.
const S_TO_US: i64 = 6;

/// Put a JSON number where its field belongs.
pub(super) fn set(raw: &mut RawEvent, field: Field, token: &[u8]) -> Result<(), Fault> {
    match field {
        field::LATENCY_MS => raw.latency_us = duration(field, token)?,
        field::TTFT_MS => raw.ttft_us = duration(field, token)?,
        field::COST_USD => raw.cost_pico_usd = cost(token)?,
        field::TIME_UNIX_S => raw.unix_us[0] = unix_s(token)?,
        field::TIME_UNIX_MS | field::TIME_UNIX_US | field::TIME_UNIX_NS => {
            raw.unix_us[usize::from(field - field::TIME_UNIX_S)] = unix_integer(field, token)?;
        }
        field::TOTAL_TOKENS => raw.total_tokens = count(field, token, TOTAL_TOKENS_MAX)?,
        field::WEB_SEARCHES => raw.web_searches = count(field, token, WEB_SEARCHES_MAX)? as u32,
        field::FIRST_USAGE..field::TOTAL_TOKENS => {
            raw.tokens[usize::from(field - field::FIRST_USAGE)] = count(field, token, TOKENS_MAX)? as u32;
        }
        _ => return Err(Fault::of(Code::WrongType, field)),
    }
    Ok(())
}

/// A cost written as a string, so that no float can spoil it. Blank is absent.
pub(super) fn cost_text(text: &[u8]) -> Result<i64, Fault> {
    match trim(text) {
        [] => Ok(crate::batch::ABSENT_I64),
        text => cost(text),
    }
}

fn cost(token: &[u8]) -> Result<i64, Fault> {
    scaled(token, USD_TO_PICO, Round::HalfEven, COST_PICO_USD_MAX).map(|value| value as i64).map_err(|fault| {
        let code = match fault {
            NumberFault::NotANumber => Code::WrongType,
            NumberFault::Negative => Code::Negative,
            NumberFault::TooLarge => Code::CostOutOfRange,
        };
        Fault::of(code, field::COST_USD)
    })
}

fn duration(field: Field, token: &[u8]) -> Result<i64, Fault> {
    scaled(token, MS_TO_US, Round::HalfEven, LATENCY_US_MAX).map(|value| value as i64).map_err(|fault| {
        let code = match fault {
            NumberFault::NotANumber => Code::WrongType,
            NumberFault::Negative => Code::Negative,
            NumberFault::TooLarge => Code::OutOfRange,
        };
        Fault::of(code, field)
    })
}

/// An integer token between zero and its bound.
fn count(field: Field, token: &[u8], max: u64) -> Result<u64, Fault> {
    match integer(token) {
        Ok(value) if value <= max => Ok(value),
        Ok(_) => Err(Fault::of(Code::OutOfRange, field)),
        Err(code) => Err(Fault::of(code, field)),
    }
}

fn integer(token: &[u8]) -> Result<u64, Code> {
    let (negative, digits) = match token {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, token),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(Code::NotAnInteger);
    }
    if negative && digits != b"0" {
        return Err(Code::Negative);
    }
    let parsed = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    parsed.ok_or(Code::OutOfRange)
}

/// Seconds may have a fraction: many clocks give them so.
fn unix_s(token: &[u8]) -> Result<i64, Fault> {
    let us = scaled(token, S_TO_US, Round::Down, i64::MAX as u64);
    us.map(|us| us as i64).map_err(|_| Fault::of(Code::InvalidTime, field::TIME_UNIX_S))
}

fn unix_integer(field: Field, token: &[u8]) -> Result<i64, Fault> {
    let value = match integer(token) {
        Ok(value) => i64::try_from(value).ok(),
        Err(Code::NotAnInteger) => return Err(Fault::of(Code::NotAnInteger, field)),
        Err(_) => None,
    };
    let us = value.and_then(|value| match field {
        field::TIME_UNIX_MS => value.checked_mul(1000),
        field::TIME_UNIX_NS => Some(value / 1000),
        _ => Some(value),
    });
    us.ok_or_else(|| Fault::of(Code::InvalidTime, field))
}
