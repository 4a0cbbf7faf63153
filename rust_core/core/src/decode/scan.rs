//! Small steps over bytes that the parsers share: the end of a string, of white space, of a number.
//!
//! The string scan looks at sixteen bytes at a time: a byte stops it when it is a quote, a backslash or below 0x20.

/// Bytes that one step looks at.
const STEP: usize = 16;

/// The first quote, backslash or control character at or after `at`; the length when there is none.
#[inline(always)]
pub(super) fn string_stop(bytes: &[u8], mut at: usize) -> usize {
    while let Some(step) = bytes.get(at..).and_then(|rest| rest.first_chunk::<STEP>()) {
        if let Some(offset) = first_stop(step) {
            return at + offset;
        }
        at += STEP;
    }
    while at < bytes.len() && !is_stop(bytes[at]) {
        at += 1;
    }
    at
}

fn is_stop(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

/// Every x86-64 processor has SSE2.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn first_stop(step: &[u8; STEP]) -> Option<usize> {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };
    // SAFETY: the load reads the sixteen bytes of `step` and needs no alignment; SSE2 is part of the target.
    let mask = unsafe {
        let word = _mm_loadu_si128(step.as_ptr().cast());
        let quotes = _mm_cmpeq_epi8(word, _mm_set1_epi8(b'"' as i8));
        let backslashes = _mm_cmpeq_epi8(word, _mm_set1_epi8(b'\\' as i8));
        let controls = _mm_cmpeq_epi8(_mm_min_epu8(word, _mm_set1_epi8(0x1f)), word);
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), controls))
    };
    (mask != 0).then(|| mask.trailing_zeros() as usize)
}

#[cfg(not(target_arch = "x86_64"))]
use first_stop_of_word as first_stop;

/// Elsewhere: one word of sixteen bytes. A borrow can raise a false alarm only *above* a true one, so the lowest alarm of
/// each test is true.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn first_stop_of_word(step: &[u8; STEP]) -> Option<usize> {
    const ONES: u128 = u128::from_le_bytes([1; STEP]);
    const HIGHS: u128 = ONES << 7;
    let word = u128::from_le_bytes(*step);
    let (quote, backslash) = (word ^ (ONES * b'"' as u128), word ^ (ONES * b'\\' as u128));
    let alarm = (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(ONES * 0x20) & !word);
    let alarm = alarm & HIGHS;
    (alarm != 0).then(|| (alarm.trailing_zeros() / 8) as usize)
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

        #[test]
        fn both_ways_to_look_at_a_step_agree(step in any::<[u8; STEP]>()) {
            prop_assert_eq!(first_stop(&step), first_stop_of_word(&step));
            prop_assert_eq!(first_stop(&step), step.iter().position(|byte| is_stop(*byte)));
        }
    }
}
