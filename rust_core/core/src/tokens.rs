//! The disjoint token vector and the cost lines: their order is fixed and shared by Rust, Python and SQL.
//!
//! A token is counted in exactly one kind, so any sum of kinds is honest. Larger wholes (all input, all
//! output) are sums of kinds and are never stored.

/// Number of disjoint token kinds.
pub const TOKEN_KINDS: usize = 9;
/// Number of cost lines; the cost of an event is always their sum.
pub const COST_LINES: usize = 5;

/// One value for each token kind, in the order of [`TOKEN_COLUMNS`].
pub type Tokens = [u32; TOKEN_KINDS];
/// One signed pico-USD amount for each cost line, in the order of [`COST_COLUMNS`].
pub type CostLines = [i64; COST_LINES];

/// Column names of the token kinds (JSON `usage` keys and SQL columns alike).
pub const TOKEN_COLUMNS: [&str; TOKEN_KINDS] = [
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "input_image_tokens",
    "output_tokens",
    "output_reasoning_tokens",
    "output_audio_tokens",
];

/// Column names of the cost lines.
pub const COST_COLUMNS: [&str; COST_LINES] = [
    "cost_input_pico_usd",
    "cost_cache_read_pico_usd",
    "cost_cache_write_pico_usd",
    "cost_output_pico_usd",
    "cost_other_pico_usd",
];

/// The cost line that each token kind is charged to.
pub const LINE_OF_KIND: [usize; TOKEN_KINDS] = [0, 1, 2, 2, 0, 0, 3, 3, 3];
/// The cost line of web searches, per-request prices and provider-reported costs.
pub const LINE_OTHER: usize = 4;

/// How the cost of an event came about; the codes are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CostStatus {
    /// Every token kind that occurred had a list price.
    Priced = 0,
    /// Some kinds had a price and some had not: the cost is a lower bound.
    Partial = 1,
    /// No price is known: the cost is zero *and says so*.
    Unpriced = 2,
    /// The producer stated what it was billed; that amount stands.
    ProviderReported = 3,
    /// Priced from token counts that the producer estimated.
    Estimated = 4,
}
