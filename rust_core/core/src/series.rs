//! Identities: the key of an event and the id of a series.

use xxhash_rust::xxh3::xxh3_128;

use crate::limits::{ID_BYTES_MAX, SOURCE_BYTES_MAX};

/// The 128-bit key of an event: XXH3 over the length of the source (u32, little endian), the source and the id.
/// Stored as a uuid, most significant byte first.
pub fn event_key(source: &[u8], id: &[u8]) -> u128 {
    let mut buffer = [0u8; 4 + SOURCE_BYTES_MAX + ID_BYTES_MAX];
    let end = 4 + source.len() + id.len();
    if end > buffer.len() {
        return event_key_of_any_length(source, id);
    }
    buffer[..4].copy_from_slice(&(source.len() as u32).to_le_bytes());
    buffer[4..4 + source.len()].copy_from_slice(source);
    buffer[4 + source.len()..end].copy_from_slice(id);
    xxh3_128(&buffer[..end])
}

/// Longer than any accepted event has it; only callers outside of decoding come here.
#[cold]
fn event_key_of_any_length(source: &[u8], id: &[u8]) -> u128 {
    let mut buffer = Vec::with_capacity(4 + source.len() + id.len());
    buffer.extend_from_slice(&(source.len() as u32).to_le_bytes());
    buffer.extend_from_slice(source);
    buffer.extend_from_slice(id);
    xxh3_128(&buffer)
}
