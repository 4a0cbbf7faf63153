//! Why an event was refused: one table of codes, and where the event stood.
//!
//! ```text
//! Code ──as_str()──▶ "not_an_integer"      stable, stored in dead letters, documented
//!      ──message()─▶ one sentence          may be reworded
//! Reject = Code + field + byte + the event's own bytes: enough to read, mend and replay it
//! ```

/// One refused event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The tenant of the message.
    pub tenant_id: i32,
    /// When the edge received the message, microseconds since the epoch.
    pub received_at_us: i64,
    /// Index of the message in the decode call.
    pub message: u32,
    /// Ordinal of the event in its message.
    pub ordinal: u32,
    /// The message's base position plus the ordinal; in NDJSON plus the line, blank lines included.
    pub position: i64,
    /// Byte offset within the event for syntax errors, else -1.
    pub at_byte: i32,
    /// Stable code.
    pub code: Code,
    /// The field that is to blame, or empty.
    pub field: Box<str>,
    /// More than the table's message can say, or empty (then the table's message stands).
    pub detail: Box<str>,
    /// Where the message came from (its `origin`).
    pub origin: Box<str>,
    /// The event's bytes, cut at the bound.
    pub payload: Box<[u8]>,
    /// The payload was cut.
    pub payload_truncated: bool,
}

impl Reject {
    /// The sentence to show: the detail where there is one, else the table's message.
    pub fn text(&self) -> &str {
        if self.detail.is_empty() { self.code.message() } else { &self.detail }
    }
}

/// Declares the enum, its names and its sentences side by side, so that none can be forgotten.
macro_rules! codes {
    ($($variant:ident $name:literal $message:literal,)*) => {
        /// Stable reject codes. Codes are never renamed; a new one is appended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $message] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable name, as stored and documented.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// One sentence for a person.
            pub const fn message(self) -> &'static str {
                match self { $(Code::$variant => $message,)* }
            }
        }
    };
}

codes! {
    InvalidJson "invalid_json" "The event is not JSON at the given byte.",
    InvalidUtf8 "invalid_utf8" "The event is not UTF-8 at the given byte.",
    InvalidUnicode "invalid_unicode" "The text has an escaped surrogate without its other half.",
    NulCharacter "nul_character" "The text has a NUL character, which cannot be stored.",
    TooDeep "too_deep" "The event is nested deeper than allowed.",
    EventTooLarge "event_too_large" "The event has more bytes than allowed.",
    NotAnObject "not_an_object" "An event must be a JSON object.",
    DuplicateKey "duplicate_key" "The key occurs twice.",
    WrongType "wrong_type" "The value has the wrong type.",
    NotAnInteger "not_an_integer" "The value must be an integer written without fraction or exponent.",
    Negative "negative" "The value must not be negative.",
    OutOfRange "out_of_range" "The value is larger than allowed.",
    TooLong "too_long" "The text has more bytes than allowed.",
    TooManyTags "too_many_tags" "The event has more tags than allowed.",
    MissingId "missing_id" "The event has no id.",
    MissingModel "missing_model" "The event has no model.",
    MissingTime "missing_time" "The event has no time, and its id carries none.",
    InvalidTime "invalid_time" "The time cannot be read, has no UTC offset, or is not in the years 2000 to 2100.",
    ConflictingTime "conflicting_time" "Two time fields name different moments.",
    InFuture "in_future" "The time is further ahead of the moment of receipt than allowed.",
    TooOld "too_old" "The time is older than the tenant's late horizon.",
    UnknownStatus "unknown_status" "The status is not one of the known ones.",
    TenantMismatch "tenant_mismatch" "The event names another tenant than the credential.",
    BatchFull "batch_full" "The batch holds more text than it can address; send smaller batches.",
    CostOutOfRange "cost_out_of_range" "The cost of the event is larger than allowed.",
    RefusedByDatabase "refused_by_database" "The database refused the event for its data.",
    RefusedAtEdge "refused_at_edge" "The collector refused the event with a code that this version does not know.",
    BadHeader "bad_header" "A header of the message cannot be read; the message counts as one event.",
    BadEncoding "bad_encoding" "The content-encoding of the message cannot be undone; it counts as one event.",
    MessageTooLarge "message_too_large" "The message has more bytes than allowed, decompressed; it counts as one event.",
    TooManyEvents "too_many_events" "The message has more events than allowed; it counts as one event.",
    BadEnvelope "bad_envelope" "The CloudEvents envelope lacks the attribute or says something else than it must.",
    EnvelopeMismatch "envelope_mismatch" "The event names another id or source than its envelope.",
}

impl Code {
    /// The code of a stable name.
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn names_are_lower_snake_and_unique() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'8')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn a_name_leads_back_to_its_code() {
        assert!(Code::ALL.iter().all(|code| Code::from_name(code.as_str()) == Some(*code)));
        assert_eq!(Code::from_name("no_such_code"), None);
    }
}
