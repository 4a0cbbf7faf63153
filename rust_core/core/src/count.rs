//! How many events a body holds, counted without looking at their outcome.

use crate::decode::Format;

/// Events in a body: non-blank lines, elements of an array or envelope, or one object.
pub fn count_events(payload: &[u8], format: Format) -> u64 {
    let _ = (payload, format);
    0
}
