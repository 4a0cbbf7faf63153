//! Base64 as RFC 4648 writes it: the standard alphabet, padded, nothing between.

/// The bytes of a text, or `None` when it is not base64.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in text[..text.len() - padding].chunks(4) {
        let mut word = 0u32;
        for byte in group {
            word = word << 6 | sextet(*byte)?;
        }
        // A group of two holds eight bits, one of three sixteen; the bits behind them must be zero.
        let bits = group.len() * 6;
        let spare = bits % 8;
        if word & ((1 << spare) - 1) != 0 {
            return None;
        }
        let whole = (word >> spare).to_be_bytes();
        bytes.extend_from_slice(&whole[4 - bits / 8..]);
    }
    Some(bytes)
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_examples_of_the_standard_decode() {
        for (text, bytes) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmFy", "foobar")]
        {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(decode(b"+/+/").as_deref(), Some(&[0xfb, 0xff, 0xbf][..]));
    }

    #[test]
    fn what_is_not_base64_is_none() {
        for text in ["Zg", "Zg=", "Z===", "====", "Zm9v Zm9v", "Zh==", "Zm9=", "Zm-_", "Zg==Zg=="] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
