//! What happens to a batch after decoding: rows leave it (resends, poison), are looked at alone, or change series.
//!
//! Every way out is booked: `received = stored + duplicate + rejected` holds per tenant and receipt hour, and per message,
//! before and after each of these.

mod account;
mod fold;
mod leave;
mod outcome;
mod replay;

pub use account::{DAY_US, HOUR_US};
pub use leave::RowError;
pub use outcome::Outcome;
