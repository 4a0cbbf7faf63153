//! Small steps over bytes that the parsers share: the end of a string, of white space, of a number.
//!
//! The string scan looks at eight bytes at a time (SWAR): a byte is interesting when it is a quote, a backslash or
//! below 0x20. Borrows can raise false alarms only *above* a true one, so the lowest alarm is always true.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const QUOTES: u64 = ONES * b'"' as u64;
const BACKSLASHES: u64 = ONES * b'\\' as u64;
const SPACES: u64 = ONES * 0x20;

/// The first quote, backslash or control character at or after `at`; the length when there is none.
#[inline(always)]
pub(super) fn string_stop(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = word_at(bytes, at) {
        let quote = word ^ QUOTES;
        let backslash = word ^ BACKSLASHES;
        let alarm = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (word.wrapping_sub(SPACES) & !word);
        let alarm = alarm & HIGHS;
        if alarm != 0 {
            return at + (alarm.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while at < bytes.len() && !matches!(bytes[at], b'"' | b'\\' | 0..=0x1f) {
        at += 1;
    }
    at
}

#[inline(always)]
fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    let chunk = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(chunk.try_into().ok()?))
}

/// Whether JSON calls this byte white space.
#[inline(always)]
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The first byte at or after `at` that is no white space; the length when there is none.
#[inline(always)]
pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && is_space(bytes[at]) {
        at += 1;
    }
    at
}

/// The first byte at or after `at` that cannot stand in a number.
#[inline(always)]
pub(super) fn number_stop(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && matches!(bytes[at], b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E') {
        at += 1;
    }
    at
}

/// The bytes without white space at both ends (space, tab, line feed, form feed, carriage return).
#[inline(always)]
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    match bytes {
        [first, .., last] if *first > b' ' && *last > b' ' => bytes,
        _ => bytes.trim_ascii(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_word_scan_finds_what_a_byte_scan_finds(bytes in proptest::collection::vec(any::<u8>(), 0..70), at in 0usize..70) {
            let at = at.min(bytes.len());
            let plain = (at..bytes.len()).find(|i| matches!(bytes[*i], b'"' | b'\\' | 0..=0x1f)).unwrap_or(bytes.len());
            prop_assert_eq!(string_stop(&bytes, at), plain);
        }
    }
}
