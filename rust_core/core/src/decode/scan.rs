//! Small steps over bytes that the parsers share: the end of a string, of white space, of a number.
//!
//! The string scan looks at sixteen bytes at a time: a byte stops it when it is a quote, a backslash or below 0x20.

/// Bytes that one step looks at.
const STEP: usize = 16;

/// The first quote, backslash or control character at or after `at`; the length when there is none.
#[inline(always)]
pub(super) fn string_stop(bytes: &[u8], mut at: usize) -> usize {
    while let Some(step) = bytes.get(at..).and_then(|rest| rest.first_chunk::<STEP>()) {
        let stops = stops(step);
        if stops != 0 {
            return at + stops.trailing_zeros() as usize;
        }
        at += STEP;
    }
    while at < bytes.len() && !is_stop(bytes[at]) {
        at += 1;
    }
    at
}

/// Bytes that [`string_stops`] looks at: most strings end within them.
pub(super) const STEPS: usize = 2 * STEP;

/// A bit for each byte that stops a string, the lowest for the first.
#[inline(always)]
pub(super) fn string_stops(head: &[u8; STEPS]) -> u32 {
    let (first, second) = halves(head);
    stops(first) | stops(second) << STEP
}

#[inline(always)]
fn halves(two: &[u8; STEPS]) -> (&[u8; STEP], &[u8; STEP]) {
    let [first, second] = two.as_chunks::<STEP>().0 else { unreachable!("two steps are two chunks") };
    (first, second)
}

fn is_stop(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

/// A bit for each byte that stops, the lowest for the first. Every x86-64 processor has SSE2.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn stops(step: &[u8; STEP]) -> u32 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };
    // SAFETY: the load reads the sixteen bytes of `step` and needs no alignment; SSE2 is part of the target.
    unsafe {
        let word = _mm_loadu_si128(step.as_ptr().cast());
        let quotes = _mm_cmpeq_epi8(word, _mm_set1_epi8(b'"' as i8));
        let backslashes = _mm_cmpeq_epi8(word, _mm_set1_epi8(b'\\' as i8));
        let controls = _mm_cmpeq_epi8(_mm_min_epu8(word, _mm_set1_epi8(0x1f)), word);
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), controls)) as u32
    }
}

#[cfg(not(target_arch = "x86_64"))]
use stops_of_word as stops;

/// Elsewhere: a byte at a time, which compilers turn into what the processor has.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn stops_of_word(step: &[u8; STEP]) -> u32 {
    step.iter().enumerate().fold(0, |stops, (at, byte)| stops | u32::from(is_stop(*byte)) << at)
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

/// Digits that one look takes.
pub(super) const DIGITS_AT_ONCE: usize = 8;

/// The digits at `at`, at most eight of them, as a number, and how many they are; `None` near the end of the bytes.
#[inline(always)]
pub(super) fn digits_at_once(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    const ONES: u64 = u64::from_le_bytes([1; DIGITS_AT_ONCE]);
    let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    let values = word ^ (ONES * 0x30);
    // Nine and below stay below 0x80 when 0x76 is added, what is more does not, and no byte reaches into the next.
    let others = (((values & (ONES * 0x7f)) + (ONES * 0x76)) | values) & (ONES * 0x80);
    let places = (others.trailing_zeros() / 8) as usize;
    if places == 0 {
        return Some((0, 0));
    }
    // The digits move to the high end, so that zeros stand before them: pairs, fours, then all eight add up.
    let digits = values << (8 * (DIGITS_AT_ONCE - places));
    let pairs = (digits.wrapping_mul(10) + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let all = fours.wrapping_mul(10_000).wrapping_add(fours >> 32) as u32;
    Some((all, places))
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
        fn digits_at_once_are_the_digits_one_by_one(bytes in "[0-9]{0,9}[^0-9]?[0-9]{0,12}".prop_map(String::into_bytes), at in 0usize..12) {
            let digits: Vec<u8> = bytes.iter().skip(at).take(8).copied().take_while(u8::is_ascii_digit).collect();
            let value = digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
            let expected = (at + 8 <= bytes.len()).then_some((value, digits.len()));
            prop_assert_eq!(digits_at_once(&bytes, at), expected);
        }

        #[test]
        fn any_eight_bytes_begin_with_as_many_digits(bytes in any::<[u8; 8]>()) {
            let places = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            prop_assert_eq!(digits_at_once(&bytes, 0).map(|(_, places)| places), Some(places));
        }

        #[test]
        fn both_ways_to_look_at_a_step_agree(step in any::<[u8; STEP]>()) {
            prop_assert_eq!(stops(&step), stops_of_word(&step));
        }
    }
}
