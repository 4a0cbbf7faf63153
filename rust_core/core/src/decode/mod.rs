//! From bodies of events to a [`Batch`]: split, parse, judge, sort, account.
//!
//! ```text
//! message ─shape, walk─▶ event ─quick──────────────▶ RawEvent ─judge─▶ collect ─▶ Row, Series, arena
//!                          └───careful (if unusual)──────┘         └──fault──▶ Reject
//! all messages ─account─▶ rows sorted, resends removed, tallies
//! ```
//! The edge judges in the same way but keeps nothing and cuts instead of collecting: [`examine`]. What it decided comes
//! back with the message, and is obeyed ([`Verdicts`]).
//!
//! Nothing here is recursive on the input, and no memory outgrows the bodies themselves. Content never fails a call.

mod account;
mod base64;
mod careful;
mod check;
mod cloudevents;
mod collect;
mod cut;
mod decimal;
mod elements;
mod ending;
mod examine;
mod field;
mod id_time;
mod judge;
mod message;
mod number;
mod pass;
mod quick;
mod raw;
mod refuse;
mod rows;
mod scan;
mod shape;
mod split;
mod text;
mod time;
mod verdicts;
mod walk;

pub use cut::{Piece, PieceBounds};
pub use examine::{Examined, examine};
pub use judge::STATUSES;
pub use message::{Dialect, Format, Message, TenantRules};
pub use verdicts::{VerdictError, Verdicts};

use crate::batch::{Batch, MessageCount};
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
    let mut counts = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let (received, rejected) = if let Some((code, detail)) = message.refused {
            collector.refuse(index, message, code, detail);
            (1, 1)
        } else {
            let mut receiver = collector.message(index, message);
            walk::walk(message.payload, message.format, &mut splitter, &mut receiver);
            let received = message.events.unwrap_or_else(|| count_events(message.payload, message.format));
            (i64::try_from(received).unwrap_or(i64::MAX), receiver.finish())
        };
        counts.push(MessageCount { received, rejected, duplicate: 0 });
        let tally = account.of(message.tenant.tenant_id, message.received_at_us);
        tally.received = tally.received.saturating_add(received);
        tally.rejected += rejected;
    }
    let mut batch = collector.batch;
    batch.origins = messages.iter().map(|message| message.origin.into()).collect();
    account::sort_and_count_resends(&mut batch.rows, &mut account, &mut counts);
    batch.counts = counts;
    batch.tallies = account.finish();
    batch
}
