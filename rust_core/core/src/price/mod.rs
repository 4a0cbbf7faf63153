//! What an event cost: list prices as of its moment, in integers, with a status that says how much is covered.
//!
//! ```text
//! price list (JSON) ──compile──▶ PriceBook ──find(provider, model, tier)──▶ CardSet ──at(moment)──▶ Card
//!                                                                                                    │ level by input
//! Row.tokens ────────────────────────────────────────────────────────────────────▶ cost lines ◀──────┘ tokens
//! ```
//! * A unit price is an integer of 10⁻²⁴ USD per unit: exact for 18 fractional digits of USD per million tokens.
//! * A cost line is the exact sum of its kinds' products, rounded **once**, half to even, to whole pico-USD.
//! * Each disjoint kind is charged by the most specific priced unit that holds it (a 5-minute cache write by its own
//!   price, else by the cache-write price, else by the input price).
//! * What occurred and has no price makes the event partial or unpriced, never a silent zero.
//!
//! The JSON is made by `analytics_hub/pricing/compile.py`; matching and validity follow the data set's own rules.

mod amount;
mod batch;
mod book;
mod card;
mod cards;
mod clause;
mod lookup;
mod rates;
mod source;
mod validity;

pub use amount::round_half_even;
pub use batch::price_batch;
pub use book::{CardRow, Found, PriceBook};
pub use card::Card;
pub use cards::CardSet;
pub use source::PriceBookError;
