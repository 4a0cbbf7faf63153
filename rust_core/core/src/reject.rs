//! Why an event was refused: one table of codes, and where the event stood.

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
    /// The message's base position plus the ordinal.
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

/// Stable reject codes. Codes are never renamed; a new one is appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Not JSON at the given byte.
    InvalidJson,
}
