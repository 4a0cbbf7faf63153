//! The keys of the canonical dialect, numbered once. Parsing, judging and error texts all use these numbers.
//!
//! ```text
//!  0..8   series dimensions (order of SERIES_COLUMNS)     20..29  other top-level keys
//!  8..18  texts of the row  (order of TEXT_COLUMNS)       29..41  keys inside "usage": 9 token kinds, 3 more
//! 18..20  time, tenant
//! ```

use crate::limits::{ID_BYTES_MAX, SOURCE_BYTES_MAX, TEXT_BYTES_MAX};

/// Number of a known key.
pub(super) type Field = u8;

/// How many of the known keys hold text; their numbers come first.
pub(super) const TEXTS: usize = 20;
/// All known keys.
pub(super) const FIELDS: usize = 41;

pub(super) const SERVICE_TIER: Field = 4;
pub(super) const MODEL: Field = 2;
pub(super) const OPERATION: Field = 3;
pub(super) const PROVIDER: Field = 0;
pub(super) const STATUS: Field = 7;
pub(super) const SOURCE: Field = 8;
pub(super) const ID: Field = 9;
pub(super) const TIME: Field = 18;
pub(super) const TENANT: Field = 19;
pub(super) const TAGS: Field = 20;
pub(super) const USAGE: Field = 21;
pub(super) const LATENCY_MS: Field = 22;
pub(super) const TTFT_MS: Field = 23;
pub(super) const COST_USD: Field = 24;
pub(super) const TIME_UNIX_S: Field = 25;
pub(super) const TIME_UNIX_MS: Field = 26;
pub(super) const TIME_UNIX_US: Field = 27;
pub(super) const TIME_UNIX_NS: Field = 28;
/// First key inside `usage`: the first token kind.
pub(super) const FIRST_USAGE: Field = 29;
pub(super) const TOTAL_TOKENS: Field = 38;
pub(super) const WEB_SEARCHES: Field = 39;
pub(super) const ESTIMATED: Field = 40;

/// Full names, as rejects give them.
pub(super) const NAMES: [&str; FIELDS] = [
    "provider",
    "provider_account",
    "model",
    "operation",
    "service_tier",
    "environment",
    "project",
    "status",
    "source",
    "id",
    "user",
    "session",
    "api_key",
    "agent",
    "region",
    "trace_id",
    "span_id",
    "error_type",
    "time",
    "tenant",
    "tags",
    "usage",
    "latency_ms",
    "ttft_ms",
    "cost_usd",
    "time_unix_s",
    "time_unix_ms",
    "time_unix_us",
    "time_unix_ns",
    "usage.input_tokens",
    "usage.cache_read_tokens",
    "usage.cache_write_5m_tokens",
    "usage.cache_write_1h_tokens",
    "usage.input_audio_tokens",
    "usage.input_image_tokens",
    "usage.output_tokens",
    "usage.output_reasoning_tokens",
    "usage.output_audio_tokens",
    "usage.total_tokens",
    "usage.web_searches",
    "usage.estimated",
];

/// The object that a key stands in: the same word may mean something in one and nothing in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The event itself.
    Event,
    /// Its `usage` object.
    Usage,
}

/// The key as written in JSON (without `usage.`).
pub(super) const fn key_of(field: Field) -> &'static [u8] {
    let name = NAMES[field as usize].as_bytes();
    if field >= FIRST_USAGE { name.split_at(6).1 } else { name }
}

/// The number of a key without escapes, or `None` for a key that the dialect does not know.
pub(super) fn find(key: &[u8], place: Place) -> Option<Field> {
    let fields = match place {
        Place::Event => 0..FIRST_USAGE,
        Place::Usage => FIRST_USAGE..FIELDS as Field,
    };
    fields.into_iter().find(|field| key_of(*field) == key)
}

/// Some bytes as two wide words and the mask of those that count, for one compare.
#[derive(Clone, Copy)]
pub(super) struct Wide {
    word: [u128; 2],
    mask: [u128; 2],
    pub(super) len: usize,
}

/// Bytes that a wide compare reads.
pub(super) const WIDE_BYTES: usize = 32;

impl Wide {
    /// Whether these bytes stand behind the first one of `here`.
    #[inline(always)]
    pub(super) fn begins(&self, here: &[u8; WIDE_BYTES + 1]) -> bool {
        let [_, here @ ..] = here;
        let (low, high) = here.split_at(16);
        let word = |half: &[u8]| half.try_into().map_or(0, u128::from_le_bytes);
        ((word(low) ^ self.word[0]) & self.mask[0]) | ((word(high) ^ self.word[1]) & self.mask[1]) == 0
    }
}

/// What stands before the value of each key where nobody writes white space: `"key":`, and the quote of a text.
pub(super) static HEADS: [Wide; FIELDS] = heads();

const fn heads() -> [Wide; FIELDS] {
    let mut all = [Wide { word: [0; 2], mask: [0; 2], len: 0 }; FIELDS];
    let mut field = 0;
    while field < FIELDS {
        all[field] = head(key_of(field as Field), field < TEXTS);
        field += 1;
    }
    all
}

const fn head(key: &[u8], is_text: bool) -> Wide {
    let mut wide = Wide { word: [0; 2], mask: [0; 2], len: key.len() + 3 + is_text as usize };
    let mut at = 0;
    while at < wide.len {
        let byte = if at >= 1 && at <= key.len() {
            key[at - 1]
        } else if at == key.len() + 2 {
            b':'
        } else {
            b'"'
        };
        wide.word[at / 16] |= (byte as u128) << (8 * (at % 16));
        wide.mask[at / 16] |= 0xff << (8 * (at % 16));
        at += 1;
    }
    wide
}

/// The narrowest bound of a text field.
pub(super) const PLAIN_BYTES_MAX: usize = SOURCE_BYTES_MAX;
const _: () = assert!(PLAIN_BYTES_MAX <= ID_BYTES_MAX && PLAIN_BYTES_MAX <= TEXT_BYTES_MAX);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{SERIES_COLUMNS, TEXT_COLUMNS};
    use crate::tokens::TOKEN_COLUMNS;

    #[test]
    fn fields_follow_the_order_of_the_columns() {
        assert_eq!(&NAMES[..8], &SERIES_COLUMNS);
        for (at, column) in TEXT_COLUMNS.iter().enumerate() {
            let name = NAMES[8 + at];
            assert!(*column == name || *column == format!("{name}_id") || *column == format!("event_{name}"), "{name}");
        }
        for (at, column) in TOKEN_COLUMNS.iter().enumerate() {
            assert_eq!(key_of(FIRST_USAGE + at as Field), column.as_bytes());
        }
    }

    #[test]
    fn a_key_is_found_only_in_its_place() {
        assert_eq!(find(b"model", Place::Event), Some(MODEL));
        assert_eq!(find(b"model", Place::Usage), None);
        assert_eq!(find(b"total_tokens", Place::Usage), Some(TOTAL_TOKENS));
        assert_eq!(find(b"total_tokens", Place::Event), None);
        assert_eq!(find(b"usage.total_tokens", Place::Event), None);
    }
}
