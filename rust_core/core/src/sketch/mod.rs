//! Latency sketches: a log histogram whose bytes concatenate to merge.
//!
//! ```text
//! value µs ─bin_of─▶ bin 0..=380 ─encode─▶ 01 │ leb(bin+16) leb(zigzag(count)) │ …
//!                                          ╰─ version, also between pairs: blob ‖ blob is a blob
//! blobs ─merge─▶ canonical blob (bins ascending, no zero counts) ─quantile─▶ µs, within 2 %
//! ```
//! A pair never begins with a byte below 16, so such a byte is a version marker. Counts are signed: a correction
//! takes back what it replaces, and only a full merge may be asked for quantiles.

mod bins;
mod encoding;
mod error;
mod quantile;

pub use bins::{BINS, Bin, bin_of, value_of};
pub use encoding::{Histogram, count, encode_values, merge, put_pairs, put_version};
pub use error::SketchError;
pub use quantile::quantiles;
