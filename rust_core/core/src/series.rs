//! Identities: the key of an event, the id of a series, and the distinct series of a batch.
//!
//! ```text
//! series key = for each of the 8 dimensions: length (u32, little endian), bytes
//!              then for each declared tag, sorted: length, key, length, value
//! series id  = XXH3-64 of the series key        event key = XXH3-128 of length of source, source, id
//! ```
//! Both are the same wherever they are computed, so writers need not agree on anything first.

use hashbrown::HashTable;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::batch::{Label, SERIES_DIMENSIONS, Series};
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
    put(&mut buffer, source);
    buffer.extend_from_slice(id);
    xxh3_128(&buffer)
}

/// The id of a series from its normalised dimensions and its declared tags, which must be sorted by key.
pub fn series_id(dimensions: &[&[u8]; SERIES_DIMENSIONS], tags: &[(&[u8], &[u8])]) -> i64 {
    let mut key = Vec::with_capacity(256);
    write_key(&mut key, dimensions, tags);
    xxh3_64(&key) as i64
}

fn write_key(key: &mut Vec<u8>, dimensions: &[&[u8]; SERIES_DIMENSIONS], tags: &[(&[u8], &[u8])]) {
    key.clear();
    for dimension in dimensions {
        put(key, dimension);
    }
    for (name, value) in tags {
        put(key, name);
        put(key, value);
    }
}

/// Length and bytes. A short text is written through a block of fixed size, which spares a call of `memcpy`.
#[inline(always)]
fn put(key: &mut Vec<u8>, bytes: &[u8]) {
    const SHORT: usize = 16;
    let mut block = [0u8; 4 + SHORT];
    block[..4].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
    if bytes.len() <= SHORT {
        let end = key.len() + 4 + bytes.len();
        copy_short(&mut block[4..], bytes);
        key.extend_from_slice(&block);
        key.truncate(end);
    } else {
        key.extend_from_slice(&block[..4]);
        key.extend_from_slice(bytes);
    }
}

/// Parsing has seen to it that every text is UTF-8.
pub(crate) fn label(text: &[u8]) -> Label {
    Label::from_utf8(text).unwrap_or_default()
}

/// Copy at most 16 bytes: as two overlapping words where there are that many.
#[inline(always)]
fn copy_short(to: &mut [u8], from: &[u8]) {
    let len = from.len();
    if len >= 8 {
        to[..8].copy_from_slice(&from[..8]);
        to[len - 8..len].copy_from_slice(&from[len - 8..]);
    } else if len >= 4 {
        to[..4].copy_from_slice(&from[..4]);
        to[len - 4..len].copy_from_slice(&from[len - 4..]);
    } else {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    }
}

/// The distinct series of one batch.
#[derive(Debug, Default)]
pub struct SeriesSet {
    known: HashTable<Known>,
    key: Vec<u8>,
}

#[derive(Debug)]
struct Known {
    series_id: i64,
    tenant_id: i32,
    index: u32,
}

impl SeriesSet {
    /// The index in `list` of the series with these normalised dimensions and sorted declared tags; a new one is
    /// appended. `tags_json` writes the tags as text and is only asked for a new series.
    #[inline]
    pub fn index_of(
        &mut self,
        tenant_id: i32,
        dimensions: &[&[u8]; SERIES_DIMENSIONS],
        tags: &[(&[u8], &[u8])],
        tags_json: impl FnOnce() -> Label,
        list: &mut Vec<Series>,
    ) -> u32 {
        write_key(&mut self.key, dimensions, tags);
        let hash = xxh3_64(&self.key);
        let series_id = hash as i64;
        let slot = hash ^ (tenant_id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let found = self.known.find(slot, |known| known.series_id == series_id && known.tenant_id == tenant_id);
        if let Some(known) = found {
            return known.index;
        }
        let index = list.len() as u32;
        let rehash =
            |known: &Known| known.series_id as u64 ^ (known.tenant_id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.known.insert_unique(slot, Known { series_id, tenant_id, index }, rehash);
        list.push(Series {
            tenant_id,
            series_id,
            dimensions: dimensions.map(label),
            tags: tags_json(),
            is_error: dimensions[SERIES_DIMENSIONS - 1] != b"ok",
        });
        index
    }
}
