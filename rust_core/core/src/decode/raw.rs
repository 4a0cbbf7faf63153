//! What a parser found in one event, before anything is judged: both parsers fill the same form, so that
//! everything that decides over an event is written once.

use crate::batch::{ABSENT_I64, Span};
use crate::reject::Code;
use crate::tokens::{TOKEN_KINDS, Tokens};

use super::field::{Field, NAMES, TEXTS};

/// Marks an absent `total_tokens`.
pub(super) const ABSENT_U64: u64 = u64::MAX;

/// The values of one event. Spans point into the bytes that the parser names its base.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RawEvent {
    pub(super) texts: [Span; TEXTS],
    /// `time_unix_s`, `_ms`, `_us`, `_ns`, each in microseconds, or [`ABSENT_I64`].
    pub(super) unix_us: [i64; 4],
    pub(super) tokens: Tokens,
    pub(super) total_tokens: u64,
    pub(super) web_searches: u32,
    pub(super) estimated: bool,
    pub(super) latency_us: i64,
    pub(super) ttft_us: i64,
    pub(super) cost_pico_usd: i64,
    /// Key and value; the value of a null is [`Span::NONE`].
    pub(super) tags: Vec<(Span, Span)>,
    pub(super) unknown_fields: u64,
    /// The parser saw every text to be short, not empty and without white space at its ends. False says nothing.
    pub(super) plain: bool,
}

impl RawEvent {
    /// An event without any value.
    pub(super) fn empty() -> RawEvent {
        RawEvent {
            texts: [Span::NONE; TEXTS],
            unix_us: [ABSENT_I64; 4],
            tokens: [0; TOKEN_KINDS],
            total_tokens: ABSENT_U64,
            web_searches: 0,
            estimated: false,
            latency_us: ABSENT_I64,
            ttft_us: ABSENT_I64,
            cost_pico_usd: ABSENT_I64,
            tags: Vec::new(),
            unknown_fields: 0,
            plain: false,
        }
    }

    /// Forget the last event, keeping the memory.
    pub(super) fn clear(&mut self) {
        let mut tags = std::mem::take(&mut self.tags);
        tags.clear();
        *self = RawEvent { tags, ..RawEvent::empty() };
    }
}

/// Why an event cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) field: Box<str>,
    /// Byte within the event, or -1.
    pub(super) at_byte: i32,
}

impl Fault {
    /// A fault of the syntax at a byte.
    #[cold]
    pub(super) fn at(code: Code, at: usize) -> Fault {
        Fault { code, field: "".into(), at_byte: i32::try_from(at).unwrap_or(i32::MAX) }
    }

    /// A fault of the whole event.
    #[cold]
    pub(super) fn whole(code: Code) -> Fault {
        Fault { code, field: "".into(), at_byte: -1 }
    }

    /// A fault of a known field.
    #[cold]
    pub(super) fn of(code: Code, field: Field) -> Fault {
        Fault { code, field: NAMES[field as usize].into(), at_byte: -1 }
    }

    /// A fault of an attribute around the event.
    #[cold]
    pub(super) fn named(code: Code, name: &str) -> Fault {
        Fault { code, field: name.into(), at_byte: -1 }
    }

    /// The same fault, blamed on a field.
    pub(super) fn naming(self, field: Field) -> Fault {
        Fault { field: NAMES[field as usize].into(), ..self }
    }

    /// A fault of one tag. Only a key that is short enough to be a key is named.
    #[cold]
    pub(super) fn of_tag(code: Code, key: &[u8]) -> Fault {
        let field = if key.len() <= crate::limits::TAG_KEY_BYTES_MAX {
            format!("tags.{}", String::from_utf8_lossy(key)).into()
        } else {
            NAMES[super::field::TAGS as usize].into()
        };
        Fault { code, field, at_byte: -1 }
    }
}
