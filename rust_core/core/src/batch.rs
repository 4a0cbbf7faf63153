//! The batch: what decoding leaves behind and every later step reads.
//!
//! ```text
//!   messages ──decode──▶ Batch { rows (columns, sorted by tenant, ts, event_key)
//!                                texts (one arena, a stretch per row)
//!                                series (distinct dimension tuples, rows point into it)
//!                                rejects, tallies, warnings }
//!            ──price──▶ costs, cost_status, price_id filled
//!            ──rollup─▶ Deltas          ──copy_*─▶ bytes for PostgreSQL
//! ```
//! Columns instead of a struct per event: pricing, grouping and encoding each touch only what they need.

use crate::reject::Reject;
use crate::series_list::SeriesList;
use crate::texts::Texts;
use crate::tokens::{CostLines, CostStatus, Tokens};

/// A piece of an event: offset and length in bytes. `len == u32::MAX` means the field was absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub at: u32,
    /// Length in bytes, or [`Span::ABSENT`].
    pub len: u32,
}

impl Span {
    /// Length that marks an absent field.
    pub const ABSENT: u32 = u32::MAX;
    /// The absent field.
    pub const NONE: Span = Span { at: 0, len: Span::ABSENT };
}

/// Text fields of an event that are not series dimensions, in COPY order.
pub const TEXT_FIELDS: usize = 10;
/// Names of the text fields as SQL columns.
pub const TEXT_COLUMNS: [&str; TEXT_FIELDS] = [
    "source",
    "event_id",
    "user_id",
    "session_id",
    "api_key_id",
    "agent",
    "region",
    "trace_id",
    "span_id",
    "error_type",
];

/// Marks an absent latency, time to first token or reported cost.
pub const ABSENT_I64: i64 = i64::MIN;

/// One accepted event. Rows are plain old data: sorting and dropping move them as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The tenant that the credential named.
    pub tenant_id: i32,
    /// Microseconds since the Unix epoch, UTC.
    pub ts_us: i64,
    /// 128-bit hash of (source, id).
    pub event_key: u128,
    /// When the edge received the message, microseconds since the epoch.
    pub received_at_us: i64,
    /// Index into [`Batch::series`].
    pub series: u32,
    /// Index into [`Batch::origins`].
    pub message: u32,
    /// Ordinal of the event in its message.
    pub ordinal: u32,
    /// Where the event stood: the message's base position plus its line or ordinal.
    pub position: i64,
    /// Disjoint token counts.
    pub tokens: Tokens,
    /// Request-level count of web searches.
    pub web_searches: u32,
    /// Token counts were estimated by the producer.
    pub estimated: bool,
    /// Microseconds, or [`ABSENT_I64`].
    pub latency_us: i64,
    /// Microseconds to the first token, or [`ABSENT_I64`].
    pub ttft_us: i64,
    /// What the producer was billed in pico-USD, or [`ABSENT_I64`].
    pub reported_cost_pico_usd: i64,
    /// Text fields, see [`TEXT_COLUMNS`], and undeclared tags.
    pub texts: Texts,
    /// Filled by pricing: pico-USD by line.
    pub cost: CostLines,
    /// Filled by pricing.
    pub cost_status: CostStatus,
    /// Filled by pricing: id of the price card used, 0 when none.
    pub price_id: i64,
    /// Filled by pricing: tokens of the kinds that no price covers.
    pub unpriced_tokens: u64,
}

/// A short text that is kept in place up to 24 bytes.
pub type Label = compact_str::CompactString;

/// One combination of the rollup dimensions of a tenant, taken out of a [`SeriesList`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Owner.
    pub tenant_id: i32,
    /// Hash of the dimensions, see [`crate::series`].
    pub series_id: i64,
    /// provider, provider_account, model, operation, service_tier, environment, project, status.
    pub dimensions: [Label; SERIES_DIMENSIONS],
    /// Declared tags as a JSON object text, keys sorted.
    pub tags: Label,
    /// True for every status but `ok`.
    pub is_error: bool,
}

/// Number of fixed series dimensions.
pub const SERIES_DIMENSIONS: usize = 8;
/// Their names, as SQL columns and JSON keys, in hash and COPY order.
pub const SERIES_COLUMNS: [&str; SERIES_DIMENSIONS] =
    ["provider", "provider_account", "model", "operation", "service_tier", "environment", "project", "status"];

/// The account of one tenant and receipt hour within a batch. `stored` is the number of rows that remain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Owner.
    pub tenant_id: i32,
    /// Receipt hour: microseconds since the epoch, a multiple of one hour.
    pub hour_us: i64,
    /// Events that arrived, counted without looking at their outcome.
    pub received: i64,
    /// Events found to be resends, in the batch or in the database.
    pub duplicate: i64,
    /// Events refused with a code.
    pub rejected: i64,
}

/// The account of one message; its rows are counted when it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCount {
    /// Events that arrived, counted without looking at their outcome.
    pub received: i64,
    /// Events found to be resends, in the batch or in the database.
    pub duplicate: i64,
    /// Events refused with a code.
    pub rejected: i64,
}

/// Counted oddities that do not cost an event its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// `total_tokens` differed from the sum of the parts.
    pub total_mismatch: u64,
    /// Keys that the dialect does not know.
    pub unknown_field: u64,
    /// Events that the edge accepted and that cannot be read here, or that it refused and that are not there.
    pub verdict_overruled: u64,
}

/// Everything that a set of messages came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Accepted events, sorted by (tenant_id, ts_us, event_key), without duplicates.
    pub rows: Vec<Row>,
    /// Text bytes of the rows, see [`crate::texts`].
    pub arena: Vec<u8>,
    /// Distinct series of the batch.
    pub series: SeriesList,
    /// Refused events.
    pub rejects: Vec<Reject>,
    /// Accounts by tenant and receipt hour.
    pub tallies: Vec<Tally>,
    /// Counted oddities.
    pub warnings: Warnings,
    /// Where each message came from.
    pub origins: Vec<Box<str>>,
    /// What became of the events of each message that are no rows.
    pub counts: Vec<MessageCount>,
}
