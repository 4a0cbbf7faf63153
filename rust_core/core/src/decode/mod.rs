//! From bodies of events to a [`Batch`]: split, parse, judge, sort, account.
//!
//! ```text
//! message ─shape, walk─▶ event ─quick──────────────▶ RawEvent ─judge─▶ collect ─▶ Row, Series, arena
//!                          └───careful (if unusual)──────┘         └──fault──▶ Reject
//! all messages ─account─▶ rows sorted, resends removed, tallies
//! ```
//! Nothing here is recursive on the input, and no memory outgrows the bodies themselves. Content never fails a call.

mod account;
mod careful;
mod check;
mod collect;
mod decimal;
mod field;
mod id_time;
mod judge;
mod message;
mod number;
mod quick;
mod raw;
mod rows;
mod scan;
mod shape;
mod split;
mod text;
mod time;
mod walk;

pub use judge::STATUSES;
pub use message::{Format, Message, TenantRules};

use crate::batch::Batch;
use crate::count::count_events;
use crate::limits::Limits;

/// Decode messages of the canonical dialect into one batch.
///
/// Content never fails the call: whatever cannot be accepted becomes a reject with a code.
pub fn decode(messages: &[Message], limits: &Limits) -> Batch {
    decode_by(messages, limits, collect::Parsers::QuickFirst)
}

/// The same without the quick parser. The results are equal, which tests and the fuzz target hold it to.
#[doc(hidden)]
pub fn decode_carefully(messages: &[Message], limits: &Limits) -> Batch {
    decode_by(messages, limits, collect::Parsers::CarefulOnly)
}

fn decode_by(messages: &[Message], limits: &Limits, parsers: collect::Parsers) -> Batch {
    let mut collector = collect::Collector::new(limits, parsers);
    collector.reserve(messages);
    let mut account = account::Account::default();
    let mut splitter = split::Splitter::default();
    for (index, message) in messages.iter().enumerate() {
        let mut receiver = collector.message(u32::try_from(index).unwrap_or(u32::MAX), message);
        walk::walk(message.payload, message.format, &mut splitter, &mut receiver);
        let rejected = receiver.rejected;
        let received = message.events.unwrap_or_else(|| count_events(message.payload, message.format));
        let tally = account.of(message.tenant.tenant_id, message.received_at_us);
        tally.received = tally.received.saturating_add(i64::try_from(received).unwrap_or(i64::MAX));
        tally.rejected += rejected;
    }
    let mut batch = collector.batch;
    batch.origins = messages.iter().map(|message| message.origin.into()).collect();
    account::sort_and_count_resends(&mut batch.rows, &mut account);
    batch.tallies = account.finish();
    batch
}
