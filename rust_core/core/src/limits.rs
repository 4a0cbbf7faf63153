//! Bounds of decoding. Fixed bounds of the dialect are constants; those an operator may set are in [`Limits`].

/// Longest event id in bytes.
pub const ID_BYTES_MAX: usize = 256;
/// Longest source in bytes.
pub const SOURCE_BYTES_MAX: usize = 128;
/// Longest value of any other text field, and of a tag, in bytes.
pub const TEXT_BYTES_MAX: usize = 256;
/// Longest tag key in bytes.
pub const TAG_KEY_BYTES_MAX: usize = 64;
/// Most tags of an event.
pub const TAGS_MAX: usize = 32;
/// Most tokens of one kind.
pub const TOKENS_MAX: u64 = 1_000_000_000;
/// Largest stated total of tokens: nine kinds at their bound.
pub const TOTAL_TOKENS_MAX: u64 = 9 * TOKENS_MAX;
/// Most web searches of an event.
pub const WEB_SEARCHES_MAX: u64 = 1_000_000;
/// Longest latency: seven days.
pub const LATENCY_US_MAX: u64 = 7 * 86_400 * 1_000_000;
/// Largest cost of one event: one million dollars. An int8 of pico-USD ends at 9.2 million.
pub const COST_PICO_USD_MAX: u64 = 1_000_000 * 1_000_000_000_000;
/// First accepted moment: 2000-01-01T00:00:00Z.
pub const TIME_US_MIN: i64 = 946_684_800_000_000;
/// First moment no longer accepted: 2101-01-01T00:00:00Z.
pub const TIME_US_END: i64 = 4_133_980_800_000_000;
/// Spans are 32 bits wide, so no event may be longer, whatever the settings say.
pub const EVENT_BYTES_CAP: usize = 1 << 30;

/// Bounds that an operator may set; the defaults are the documented ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest event in bytes.
    pub event_bytes_max: usize,
    /// Deepest nesting within an event.
    pub depth_max: usize,
    /// How far ahead of the receipt a time may lie.
    pub ahead_us_max: i64,
    /// Bytes of a refused event that are kept.
    pub payload_kept_bytes_max: usize,
    /// Refused events that are kept; further ones are only counted.
    pub rejects_kept_max: usize,
    /// Text bytes of a batch: spans are 32 bits wide.
    pub batch_text_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            event_bytes_max: 1 << 20,
            depth_max: 64,
            ahead_us_max: 600_000_000,
            payload_kept_bytes_max: 1 << 16,
            rejects_kept_max: 100_000,
            batch_text_bytes_max: u32::MAX as usize,
        }
    }
}
