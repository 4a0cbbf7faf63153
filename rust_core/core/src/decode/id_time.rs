//! The moment that an id carries: UUID version 7 and ULID both begin with 48 bits of Unix milliseconds.

/// Microseconds since the epoch of a UUIDv7 or ULID; `None` for any other id.
pub(super) fn id_time_us(id: &[u8]) -> Option<i64> {
    match id.len() {
        36 => uuid7_ms(id),
        26 => ulid_ms(id),
        _ => None,
    }
    .map(|ms| ms * 1000)
}

/// `xxxxxxxx-xxxx-7xxx-[89ab]xxx-xxxxxxxxxxxx`, either case.
fn uuid7_ms(id: &[u8]) -> Option<i64> {
    let mut ms = 0i64;
    for (at, byte) in id.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = (*byte as char).to_digit(16)?;
        if at < 13 {
            ms = ms << 4 | i64::from(digit);
        }
    }
    (id[14] == b'7' && matches!(id[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B')).then_some(ms)
}

/// 26 characters of Crockford's base 32, either case; the first ten hold the time and begin with at most 7.
fn ulid_ms(id: &[u8]) -> Option<i64> {
    let mut ms = 0i64;
    for (at, byte) in id.iter().enumerate() {
        let digit = crockford(*byte)?;
        if at < 10 {
            ms = ms << 5 | digit;
        }
    }
    (id[0] <= b'7').then_some(ms)
}

/// The value of a base-32 character; I, L, O and U are none.
fn crockford(byte: u8) -> Option<i64> {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let upper = byte.to_ascii_uppercase();
    ALPHABET.iter().position(|letter| *letter == upper).map(|value| value as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_examples_of_both_standards() {
        // RFC 9562, appendix A.6: 2022-02-22T19:22:22Z.
        assert_eq!(id_time_us(b"017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), Some(1_645_557_742_000_000));
        assert_eq!(id_time_us(b"017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), Some(1_645_557_742_000_000));
        assert_eq!(id_time_us(b"01ARZ3NDEKTSV4RRFFQ69G5FAV"), Some(1_469_922_850_259_000));
        assert_eq!(id_time_us(b"01arz3ndektsv4rrffq69g5fav"), Some(1_469_922_850_259_000));
    }

    #[test]
    fn other_ids_carry_no_time() {
        let ids: [&[u8]; 7] = [
            b"",
            b"9b2f7a3e-3f0e-4b3c-8c59-2b7d4f1f9a10", // version 4
            b"017F22E2-79B0-7CC3-78C4-DC0C0C07398F", // not the variant
            b"017F22E2_79B0_7CC3_98C4_DC0C0C07398F",
            b"81ARZ3NDEKTSV4RRFFQ69G5FAV", // beyond 128 bits
            b"01ARZ3NDEKTSV4RRFFQ69G5FAU", // U is no digit
            b"chatcmpl-9XyZAbCdEfGhIjKlM",
        ];
        for id in ids {
            assert_eq!(id_time_us(id), None);
        }
    }
}
