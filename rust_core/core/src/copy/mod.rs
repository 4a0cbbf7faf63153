//! Rows as PostgreSQL binary COPY streams.
//!
//! ```text
//! PGCOPY\n\377\r\n\0  flags  extension │ row: field count, then per field length + bytes (NULL = −1) │ … │ −1
//! ```
//! Column orders are those of the tables; a COPY statement still names its columns. Every value was bounded by the
//! decoder, so nothing here can fail: a binary COPY would store a wrapped integer without a word.

mod columns;
mod compact;
mod dead_letters;
mod deltas;
mod events;
mod keys;
mod ledger;
mod series;
mod writer;

pub use columns::{DELTA_COLUMNS, EVENT_COLUMNS};
pub use compact::{CompactError, compact};
pub use dead_letters::copy_dead_letters;
pub use deltas::copy_deltas;
pub use events::copy_events;
pub use keys::copy_keys;
pub use ledger::{copy_ledger, copy_marks};
pub use series::copy_series;
