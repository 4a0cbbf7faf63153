//! What became of each message of a batch.

use crate::batch::{Batch, MessageCount};

/// The account of one message: received = stored + duplicate + rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Events that arrived, counted without looking at their outcome.
    pub received: i64,
    /// Rows that remain.
    pub stored: i64,
    /// Events found to be resends, in the batch or in the database. Of equal events the first to arrive stays.
    pub duplicate: i64,
    /// Events refused with a code.
    pub rejected: i64,
}

impl Batch {
    /// The outcomes by message, in the order of the decode call.
    pub fn outcomes(&self) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = self.counts.iter().map(|count| Outcome::from(*count)).collect();
        for row in &self.rows {
            let message = row.message as usize;
            // A row without a count is an outcome that received nothing: the equation then fails in the open.
            if message >= outcomes.len() {
                outcomes.resize(message + 1, Outcome::default());
            }
            outcomes[message].stored += 1;
        }
        outcomes
    }

    /// The count of a message.
    pub(super) fn count_mut(&mut self, message: u32) -> &mut MessageCount {
        let message = message as usize;
        if message >= self.counts.len() {
            self.counts.resize(message + 1, MessageCount::default());
        }
        &mut self.counts[message]
    }
}

impl From<MessageCount> for Outcome {
    fn from(count: MessageCount) -> Outcome {
        let MessageCount { received, duplicate, rejected } = count;
        Outcome { received, stored: 0, duplicate, rejected }
    }
}
