//! Strings of valid JSON: where they end, and what their escapes mean.

use crate::reject::Code;

use super::scan::string_stop;

/// The byte after a string, from its opening quote.
pub(super) fn skip_string(bytes: &[u8], at: usize) -> usize {
    let mut at = string_stop(bytes, at + 1);
    while bytes.get(at) == Some(&b'\\') {
        at = string_stop(bytes, (at + 2).min(bytes.len()));
    }
    (at + 1).min(bytes.len())
}

/// Append the text of a string (what stands between its quotes), or the code and byte of what has no text.
pub(super) fn unescape(inner: &[u8], out: &mut Vec<u8>) -> Result<(), (Code, usize)> {
    let mut at = 0;
    while at < inner.len() {
        let stop = memchr::memchr(b'\\', &inner[at..]).map_or(inner.len(), |offset| at + offset);
        out.extend_from_slice(&inner[at..stop]);
        at = stop;
        if at < inner.len() {
            let (letter, next) = escape(inner, at).map_err(|code| (code, at))?;
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            at = next;
        }
    }
    Ok(())
}

/// One escape and the byte after it.
fn escape(inner: &[u8], at: usize) -> Result<(char, usize), Code> {
    let letter = match inner.get(at + 1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(inner, at),
        Some(byte @ (b'"' | b'\\' | b'/')) => *byte as char,
        // Only in a body that nobody has checked yet: the key of an envelope.
        _ => return Err(Code::InvalidJson),
    };
    Ok((letter, at + 2))
}

/// `\uXXXX`, or two of them that make a pair.
fn unicode(inner: &[u8], at: usize) -> Result<(char, usize), Code> {
    let first = hex(inner, at)?;
    if !(0xd800..0xdc00).contains(&first) {
        return match char::from_u32(first) {
            Some('\0') => Err(Code::NulCharacter),
            Some(letter) => Ok((letter, at + 6)),
            None => Err(Code::InvalidUnicode),
        };
    }
    if inner.get(at + 6..at + 8) != Some(b"\\u") {
        return Err(Code::InvalidUnicode);
    }
    let second = hex(inner, at + 6)?;
    if !(0xdc00..0xe000).contains(&second) {
        return Err(Code::InvalidUnicode);
    }
    let both = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    char::from_u32(both).map(|letter| (letter, at + 12)).ok_or(Code::InvalidUnicode)
}

/// The four digits of the escape at `at`.
fn hex(inner: &[u8], at: usize) -> Result<u32, Code> {
    let digits = inner.get(at + 2..at + 6).ok_or(Code::InvalidJson)?;
    let mut value = 0;
    for digit in digits {
        value = value << 4 | (*digit as char).to_digit(16).ok_or(Code::InvalidJson)?;
    }
    Ok(value)
}

/// Append a text as a JSON string with its quotes.
pub(super) fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut from = 0;
    for (at, byte) in text.iter().enumerate() {
        if !matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            continue;
        }
        out.extend_from_slice(&text[from..at]);
        from = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
    out.extend_from_slice(&text[from..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use proptest::prelude::*;

    fn text(inner: &str) -> Result<String, (Code, usize)> {
        let mut out = Vec::new();
        unescape(inner.as_bytes(), &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn escapes_become_their_letters() {
        assert_eq!(text(r#"a\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00z"#).unwrap(), "a\"\\/\u{8}\u{c}\n\r\té😀z");
    }

    #[test]
    fn half_a_surrogate_and_nul_have_no_text() {
        assert_eq!(text(r"ab\ud800"), Err((Code::InvalidUnicode, 2)));
        assert_eq!(text(r"\ud800x"), Err((Code::InvalidUnicode, 0)));
        assert_eq!(text(r"\ud800\n"), Err((Code::InvalidUnicode, 0)));
        assert_eq!(text(r"\ud800\ud800"), Err((Code::InvalidUnicode, 0)));
        assert_eq!(text(r"\udc00"), Err((Code::InvalidUnicode, 0)));
        assert_eq!(text(r"\events"), Err((Code::InvalidJson, 0)));
        assert_eq!(text(r"x\u0000"), Err((Code::NulCharacter, 1)));
    }

    proptest! {
        #[test]
        fn writing_then_reading_gives_the_text_back(original in "\\PC{0,20}|[\\x01-\\x1f\"\\\\é]{0,20}") {
            let mut out = Vec::new();
            write_string(original.as_bytes(), &mut out);
            let parsed: String = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(&parsed, &original);
            prop_assert_eq!(skip_string(&out, 0), out.len());
            prop_assert_eq!(text(std::str::from_utf8(&out[1..out.len() - 1]).unwrap()), Ok(original));
        }
    }
}
