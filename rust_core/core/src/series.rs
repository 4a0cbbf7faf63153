//! Identities: the key of an event, the id of a series, and the distinct series of a batch.
//!
//! ```text
//! series key = for each of the 8 dimensions: length (u32, little endian), bytes
//!              then for each declared tag, sorted: length, key, length, value
//! series id  = XXH3-64 of the series key        event key = XXH3-128 of length of source, source, id
//! ```
//! Both are the same wherever they are computed, so writers need not agree on anything first.

use std::borrow::Cow;

use hashbrown::HashTable;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::batch::SERIES_DIMENSIONS;
use crate::block::BLOCK;
use crate::limits::{ID_BYTES_MAX, SOURCE_BYTES_MAX, TEXT_BYTES_MAX};
use crate::series_list::SeriesList;

/// The 128-bit key of an event: XXH3 over the length of the source (u32, little endian), the source and the id.
/// Stored as a uuid, most significant byte first.
pub fn event_key(source: &[u8], id: &[u8]) -> u128 {
    // Clearing a buffer for the longest key costs more than hashing a usual one.
    const USUAL_BYTES: usize = 96;
    let bytes = 4 + source.len() + id.len();
    if bytes <= USUAL_BYTES {
        event_key_within::<USUAL_BYTES>(source, id)
    } else if bytes <= KEY_BYTES_MAX {
        event_key_within::<KEY_BYTES_MAX>(source, id)
    } else {
        event_key_of_any_length(source, id)
    }
}

/// The same of the first bytes of two readable stretches. Short ones are copied as blocks of fixed size: a call of
/// `memcpy` costs more than the bytes.
#[inline(always)]
pub(crate) fn event_key_of(source: &[u8], source_len: usize, id: &[u8], id_len: usize) -> u128 {
    const ID_BLOCK: usize = 2 * BLOCK;
    match (source.first_chunk::<BLOCK>(), id.first_chunk::<ID_BLOCK>()) {
        (Some(source), Some(id)) if source_len <= BLOCK && id_len <= ID_BLOCK => {
            let mut buffer = [0u8; 4 + BLOCK + ID_BLOCK];
            buffer[..4].copy_from_slice(&(source_len as u32).to_le_bytes());
            buffer[4..4 + BLOCK].copy_from_slice(source);
            buffer[4 + source_len..][..ID_BLOCK].copy_from_slice(id);
            xxh3_128(&buffer[..4 + source_len + id_len])
        }
        _ => event_key(&source[..source_len], &id[..id_len]),
    }
}

/// The longest key of an accepted event.
const KEY_BYTES_MAX: usize = 4 + SOURCE_BYTES_MAX + ID_BYTES_MAX;

#[inline(always)]
fn event_key_within<const BYTES: usize>(source: &[u8], id: &[u8]) -> u128 {
    let mut buffer = [0u8; BYTES];
    let end = 4 + source.len() + id.len();
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
    dimensions.iter().for_each(|dimension| put(&mut key, dimension));
    for (name, value) in tags {
        put(&mut key, name);
        put(&mut key, value);
    }
    xxh3_64(&key) as i64
}

/// Length (u32, little endian) and bytes.
fn put(key: &mut Vec<u8>, bytes: &[u8]) {
    key.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    key.extend_from_slice(bytes);
}

/// Room for the dimensions of a series key: each has its length, its text and the rest of a block.
const KEY_BYTES: usize = SERIES_DIMENSIONS * (4 + TEXT_BYTES_MAX) + BLOCK;

/// A series key as it is being written.
#[derive(Debug)]
pub(crate) struct SeriesKey {
    dimensions: Box<[u8; KEY_BYTES]>,
    len: usize,
    /// The whole key where there are declared tags.
    tagged: Vec<u8>,
}

impl Default for SeriesKey {
    fn default() -> SeriesKey {
        SeriesKey { dimensions: Box::new([0; KEY_BYTES]), len: 0, tagged: Vec::new() }
    }
}

impl SeriesKey {
    /// Forget the last key.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.tagged.clear();
    }

    /// Add the next dimension: the first `len` bytes of `readable`, at most [`TEXT_BYTES_MAX`].
    #[inline(always)]
    pub(crate) fn dimension(&mut self, readable: &[u8], len: usize, lower: bool) {
        let Some(room) = self.dimensions.get_mut(self.len..) else {
            return;
        };
        room[..4].copy_from_slice(&(len as u32).to_le_bytes());
        match (readable.first_chunk::<BLOCK>(), room[4..].first_chunk_mut::<BLOCK>()) {
            (Some(block), Some(to)) if len <= BLOCK => {
                *to = if lower { block.map(|byte| byte.to_ascii_lowercase()) } else { *block };
            }
            _ => {
                room[4..4 + len].copy_from_slice(&readable[..len]);
                if lower {
                    room[4..4 + len].make_ascii_lowercase();
                }
            }
        }
        self.len += 4 + len;
    }

    /// Add the declared tags, sorted by key, behind all dimensions.
    pub(crate) fn tags(&mut self, tags: &[(&[u8], &[u8])]) {
        if tags.is_empty() {
            return;
        }
        self.tagged.extend_from_slice(&self.dimensions[..self.len]);
        for (name, value) in tags {
            put(&mut self.tagged, name);
            put(&mut self.tagged, value);
        }
    }

    fn hash(&self) -> u64 {
        xxh3_64(if self.tagged.is_empty() { &self.dimensions[..self.len] } else { &self.tagged })
    }
}

/// The distinct series of one batch.
#[derive(Debug, Default)]
pub(crate) struct SeriesSet {
    known: HashTable<Known>,
}

#[derive(Debug)]
struct Known {
    slot: u64,
    tenant_id: i32,
    index: u32,
}

impl SeriesSet {
    /// Make room for this many.
    pub(crate) fn reserve(&mut self, series: usize) {
        self.known.reserve(series, |known| known.slot);
    }

    /// The index in `list` of the tenant's series with this key; a new one is appended. `tags_json` writes the declared
    /// tags as text and is only asked for a new series.
    #[inline(always)]
    pub(crate) fn index_of(
        &mut self,
        tenant_id: i32,
        key: &SeriesKey,
        is_error: bool,
        tags_json: impl FnOnce() -> Cow<'static, [u8]>,
        list: &mut SeriesList,
    ) -> u32 {
        let hash = key.hash();
        // One series id may be that of several tenants; within a tenant it is the identity, as in the database.
        let slot = hash ^ (tenant_id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let found = self.known.find(slot, |known| known.slot == slot && known.tenant_id == tenant_id);
        if let Some(known) = found {
            return known.index;
        }
        let index = list.len() as u32;
        self.known.insert_unique(slot, Known { slot, tenant_id, index }, |known| known.slot);
        list.push_key(tenant_id, hash as i64, is_error, &key.dimensions[..key.len], &tags_json());
        index
    }
}
