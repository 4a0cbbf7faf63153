//! RFC 3339 with an offset to microseconds since the epoch, by hand and without a calendar library.
//!
//! ```text
//! 2026-03-01T12:34:56.7890123+05:30
//! └─ days ─┘ └ seconds┘└ floor ┘└ minus
//! ```
//! Decisions: `T`, `t` or one space may stand between date and time; `Z`, `z` or `±hh:mm` is required; a fraction has
//! any number of digits and is floored to microseconds. A leap second `:60` is accepted where UTC can have one
//! (23:59:60 UTC) and is the first second of the next day, as PostgreSQL has it.

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3600;
const DAY_S: i64 = 86_400;
const SECOND_US: i64 = 1_000_000;

/// Microseconds since the Unix epoch of an RFC 3339 time, or `None` when it is not one.
pub(super) fn rfc3339_us(text: &[u8]) -> Option<i64> {
    let (head, rest) = text.split_at_checked(19)?;
    let head: &[u8; 19] = head.try_into().ok()?;
    if head[4] != b'-' || head[7] != b'-' || head[13] != b':' || head[16] != b':' {
        return None;
    }
    if !matches!(head[10], b'T' | b't' | b' ') {
        return None;
    }
    let year = two(head, 0)? * 100 + two(head, 2)?;
    let (month, day) = (two(head, 5)?, two(head, 8)?);
    let (hour, minute, second) = (two(head, 11)?, two(head, 14)?, two(head, 17)?);
    if !(1..=12).contains(&month) || day < 1 || day > month_days(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction_us, rest) = fraction(rest)?;
    let seconds = days_since_epoch(year, month, day) * DAY_S + hour * HOUR_S + minute * MINUTE_S + second;
    let utc_s = seconds - offset_s(rest)?;
    if second == 60 && utc_s.rem_euclid(DAY_S) != 0 {
        return None;
    }
    Some(utc_s * SECOND_US + fraction_us)
}

/// Two ASCII digits as a number.
#[inline(always)]
fn two(head: &[u8; 19], at: usize) -> Option<i64> {
    let (tens, ones) = (head[at].wrapping_sub(b'0'), head[at + 1].wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// The fraction of a second, floored to microseconds, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', digits @ ..] = text else {
        return Some((0, text));
    };
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    let (digits, rest) = digits.split_at(end);
    let places = digits.iter().map(|digit| i64::from(digit - b'0')).chain(std::iter::repeat(0));
    Some((places.take(6).fold(0, |us, digit| us * 10 + digit), rest))
}

/// How far local time is ahead of UTC.
fn offset_s(text: &[u8]) -> Option<i64> {
    match text {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
            let hours = digit(h1)? * 10 + digit(h2)?;
            let minutes = digit(m1)? * 10 + digit(m2)?;
            let seconds = hours * HOUR_S + minutes * MINUTE_S;
            (hours <= 23 && minutes <= 59).then_some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a Gregorian date: the year is taken to begin in March, so that the leap day is its last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_before_month = (153 * month + 2) / 5;
    let days_before_year = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    days_before_year + days_before_month + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn us(text: &str) -> Option<i64> {
        rfc3339_us(text.as_bytes())
    }

    #[test]
    fn reads_every_accepted_form() {
        let cases = [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-03-01T12:34:56Z", 1_772_368_496_000_000),
            ("2026-03-01t12:34:56z", 1_772_368_496_000_000),
            ("2026-03-01 12:34:56Z", 1_772_368_496_000_000),
            ("2026-03-01T12:34:56.1Z", 1_772_368_496_100_000),
            ("2026-03-01T12:34:56.123456Z", 1_772_368_496_123_456),
            ("2026-03-01T12:34:56.1234569999999Z", 1_772_368_496_123_456),
            ("2026-03-01T18:04:56+05:30", 1_772_368_496_000_000),
            ("2026-03-01T03:34:56-09:00", 1_772_368_496_000_000),
            ("2026-03-01T12:34:56-00:00", 1_772_368_496_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
            ("2016-12-31T23:59:60.5Z", 1_483_228_800_500_000),
            ("2017-01-01T05:29:60+05:30", 1_483_228_800_000_000),
        ];
        for (text, expected) in cases {
            assert_eq!(us(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_rfc_3339_does_not_have() {
        let cases = [
            "",
            "2026",
            "2026-03-01",
            "2026-03-01T12:34:56",
            "2026-03-01T12:34Z",
            "2026-3-1T12:34:56Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-03-00T00:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T12:60:00Z",
            "2026-03-01T12:34:61Z",
            "2026-03-01T12:34:60Z",
            "2026-03-01T12:34:56.Z",
            "2026-03-01T12:34:56,5Z",
            "2026-03-01T12:34:56+0530",
            "2026-03-01T12:34:56+05",
            "2026-03-01T12:34:56+24:00",
            "2026-03-01T12:34:56+05:60",
            "2026-03-01T12:34:56ZZ",
            "2026-03-01_12:34:56Z",
            "2026/03/01T12:34:56Z",
            "+026-03-01T12:34:56Z",
            "2026-03-01T12:34:56 Z",
            "２026-03-01T12:34:56Z",
        ];
        for text in cases {
            assert_eq!(us(text), None, "{text}");
        }
    }

    /// Counts the days year by year and month by month: slow, and nothing like the formula above.
    fn days_by_counting(year: i64, month: i64, day: i64) -> i64 {
        let years: i64 = (1970..year).map(|y| if is_leap(y) { 366 } else { 365 }).sum();
        let months: i64 = (1..month).map(|m| [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m as usize - 1]).sum();
        years + months + i64::from(month > 2 && is_leap(year)) + day - 1
    }

    proptest! {
        #[test]
        fn days_agree_with_counting(year in 1970i64..2200, month in 1i64..=12, day in 1i64..=31) {
            prop_assume!(day <= month_days(year, month));
            prop_assert_eq!(days_since_epoch(year, month, day), days_by_counting(year, month, day));
        }

        #[test]
        fn offsets_name_the_same_moment(day in 1i64..=28, hour in 0i64..24, minute in 0i64..60, east in -1439i64..=1439, micros in 0i64..1_000_000) {
            let local = days_by_counting(2026, 5, day) * DAY_S + hour * HOUR_S + minute * MINUTE_S;
            let (sign, off) = if east < 0 { ('-', -east) } else { ('+', east) };
            let text = format!("2026-05-{day:02}T{hour:02}:{minute:02}:00.{micros:06}{sign}{:02}:{:02}", off / 60, off % 60);
            prop_assert_eq!(us(&text), Some((local - east * 60) * SECOND_US + micros));
        }

        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = rfc3339_us(&text);
        }
    }
}
