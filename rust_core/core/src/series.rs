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
use crate::limits::{ID_BYTES_MAX, SOURCE_BYTES_MAX, TEXT_BYTES_MAX};

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
/// Short texts are copied as one block of fixed size: a call of `memcpy` costs more than the bytes.
const BLOCK: usize = 32;

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

    /// The dimensions, read back. Parsing has seen to it that every text is UTF-8. Most are those of the series made
    /// last: a compare is cheaper than looking at the text again.
    fn labels(&self, last: Option<&Series>) -> [Label; SERIES_DIMENSIONS] {
        let mut rest = &self.dimensions[..self.len];
        std::array::from_fn(|at| {
            let (len, behind) = rest.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
            let len = (u32::from_le_bytes(*len) as usize).min(behind.len());
            let text;
            (text, rest) = behind.split_at(len);
            match last.map(|series| &series.dimensions[at]) {
                Some(label) if label.as_bytes() == text => label.clone(),
                _ => Label::from_utf8(text).unwrap_or_default(),
            }
        })
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
    /// The index in `list` of the tenant's series with this key; a new one is appended. `tags_json` writes the declared
    /// tags as text and is only asked for a new series.
    #[inline(always)]
    pub(crate) fn index_of(
        &mut self,
        tenant_id: i32,
        key: &SeriesKey,
        tags_json: impl FnOnce() -> Label,
        list: &mut Vec<Series>,
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
        let dimensions = key.labels(list.last());
        let is_error = dimensions[SERIES_DIMENSIONS - 1] != "ok";
        list.push(Series { tenant_id, series_id: hash as i64, dimensions, tags: tags_json(), is_error });
        index
    }
}
