//! hub-core: from bodies of usage events to priced, rolled-up rows ready for PostgreSQL.
//!
//! ```text
//! bytes ─decode─▶ Batch ─price─▶ Batch ─rollup─▶ Deltas
//!                   └──copy──▶ binary COPY        └──copy──▶ binary COPY
//! ```
//! Batch in, batch out. This crate knows no Python, reads no clock and does no I/O.

pub mod arrow;
pub mod batch;
pub mod batch_ops;
mod block;
pub mod copy;
pub mod count;
pub mod decode;
pub mod delta;
pub mod limits;
pub mod price;
pub mod reject;
pub mod series;
pub mod series_cache;
pub mod series_list;
pub mod sketch;
pub mod texts;
pub mod tokens;
