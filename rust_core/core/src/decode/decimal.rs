//! Decimal numbers, exactly: a JSON number times a power of ten, rounded once, without floating point.
//!
//! ```text
//! "12.3456" × 10^3 ──▶ digits 1 2 3 4 5|6 ──▶ 12346   (nearest, ties to even)
//!                                      ▲ point moved by the exponent and the power
//! ```
//! Time and memory are linear in the text however large the exponent is.

/// What to do with the digits behind the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// To the nearest, ties to the even one.
    HalfEven,
    /// Towards zero.
    Down,
}

/// Why a number has no scaled value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberFault {
    /// Not a number as JSON writes it.
    NotANumber,
    /// Below zero.
    Negative,
    /// Above the bound.
    TooLarge,
}

/// `text × 10^power`, rounded; at most `max`.
pub(super) fn scaled(text: &[u8], power: i64, round: Round, max: u64) -> Result<u64, NumberFault> {
    let parts = split(text).ok_or(NumberFault::NotANumber)?;
    let digits = || parts.whole.iter().chain(parts.fraction).map(|digit| u64::from(digit - b'0'));
    let zeros = digits().take_while(|digit| *digit == 0).count();
    if zeros == parts.whole.len() + parts.fraction.len() {
        return Ok(0);
    }
    if parts.negative {
        return Err(NumberFault::Negative);
    }
    // How many digits, from the first one that is not zero, stand before the moved point.
    let before = parts.whole.len() as i64 - zeros as i64 + parts.exponent + power;
    if before > 20 {
        return Err(NumberFault::TooLarge);
    }
    let mut rest = digits().skip(zeros);
    let mut value: u128 = 0;
    for _ in 0..before {
        value = value * 10 + u128::from(rest.next().unwrap_or(0));
    }
    if round == Round::HalfEven && before >= 0 {
        let next = rest.next().unwrap_or(0);
        let up = next > 5 || (next == 5 && (value % 2 == 1 || rest.any(|digit| digit != 0)));
        value += u128::from(up);
    }
    match u64::try_from(value) {
        Ok(value) if value <= max => Ok(value),
        _ => Err(NumberFault::TooLarge),
    }
}

struct Parts<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

/// Take a number apart; `None` where JSON would not write it so.
fn split(text: &[u8]) -> Option<Parts<'_>> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (whole, text) = digits_at(text);
    if whole.is_empty() || (whole.len() > 1 && whole[0] == b'0') {
        return None;
    }
    let (fraction, text) = match text {
        [b'.', rest @ ..] => {
            let (fraction, rest) = digits_at(rest);
            if fraction.is_empty() {
                return None;
            }
            (fraction, rest)
        }
        _ => (&text[..0], text),
    };
    let exponent = match text {
        [] => 0,
        [b'e' | b'E', rest @ ..] => exponent(rest)?,
        _ => return None,
    };
    Some(Parts { negative, whole, fraction, exponent })
}

fn digits_at(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// The exponent, held within what no text can undo.
fn exponent(text: &[u8]) -> Option<i64> {
    const HELD: i64 = 1 << 40;
    let (sign, text) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let (digits, rest) = digits_at(text);
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let value = digits.iter().fold(0i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(HELD));
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAX: u64 = u64::MAX;

    #[test]
    fn scales_and_rounds_exactly() {
        let cases: &[(&str, i64, u64)] = &[
            ("0", 3, 0),
            ("-0", 3, 0),
            ("-0.000e5", 3, 0),
            ("1", 3, 1000),
            ("812.3456789", 3, 812_346),
            ("0.0005", 3, 0),
            ("0.0015", 3, 2),
            ("0.0025", 3, 2),
            ("0.00250000000000000000000000000000001", 3, 3),
            ("0.9999", 3, 1000),
            ("0.00049", 3, 0),
            ("1e3", 0, 1000),
            ("1E+3", 0, 1000),
            ("1500e-3", 0, 2),
            ("2500e-3", 0, 2),
            ("1e-999999999999999999999", 12, 0),
            ("0.000001", 12, 1_000_000),
            ("18446744073709551615", 0, MAX),
        ];
        for (text, power, value) in cases {
            assert_eq!(scaled(text.as_bytes(), *power, Round::HalfEven, MAX), Ok(*value), "{text}");
        }
        assert_eq!(scaled(b"1.9999999", 6, Round::Down, MAX), Ok(1_999_999));
        assert_eq!(scaled(b"0.0000009", 6, Round::Down, MAX), Ok(0));
    }

    #[test]
    fn says_why_there_is_no_value() {
        for text in ["", "-", "01", "1.", ".5", "+1", "1e", "1e+", "1x", "NaN", "0x10", "1_0", " 1", "١"] {
            assert_eq!(scaled(text.as_bytes(), 0, Round::HalfEven, MAX), Err(NumberFault::NotANumber), "{text}");
        }
        assert_eq!(scaled(b"-0.1", 0, Round::HalfEven, MAX), Err(NumberFault::Negative));
        assert_eq!(scaled(b"1e999999999999999999999", 0, Round::HalfEven, MAX), Err(NumberFault::TooLarge));
        assert_eq!(scaled("9".repeat(5000).as_bytes(), 0, Round::HalfEven, MAX), Err(NumberFault::TooLarge));
        assert_eq!(scaled(b"18446744073709551616", 0, Round::HalfEven, MAX), Err(NumberFault::TooLarge));
        assert_eq!(scaled(b"101", 0, Round::HalfEven, 100), Err(NumberFault::TooLarge));
    }

    proptest! {
        #[test]
        fn equals_integer_arithmetic(whole in 0u64..1_000_000_000, micros in 0u64..1_000_000) {
            let text = format!("{whole}.{micros:06}");
            let exact = u128::from(whole) * 1_000_000 + u128::from(micros);
            let halves = exact * 2 / 1000; // in units of half a thousandth
            let rounded = if exact % 1000 == 500 { (exact / 1000).next_multiple_of(2) } else { halves.div_ceil(2) };
            prop_assert_eq!(scaled(text.as_bytes(), 3, Round::HalfEven, MAX), Ok(rounded as u64));
            prop_assert_eq!(scaled(text.as_bytes(), 3, Round::Down, MAX), Ok((exact / 1000) as u64));
        }
    }
}
