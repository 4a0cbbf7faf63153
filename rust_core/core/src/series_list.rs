//! The distinct series of a batch: heads of fixed size, and the texts of all of them in one buffer.
//!
//! ```text
//! heads │ tenant, id, is_error, at ──▶ texts │ length, provider │ … │ length, status │ tags as JSON │ next series …
//!                                             └──────── 8 dimensions, as in the series key ───────┘
//! ```
//! Three of four events of a batch can bring a new series. An allocation for each, or a look at each text, would cost
//! more than parsing the event; so a series is one copy of its key, and [`Series`] is made only of the few that
//! somebody reads.

use crate::batch::{Label, SERIES_DIMENSIONS, Series};

/// A series without its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesHead {
    /// Owner.
    pub tenant_id: i32,
    /// Hash of the dimensions, see [`crate::series`].
    pub series_id: i64,
    /// True for every status but `ok`.
    pub is_error: bool,
    at: usize,
    dimensions_len: usize,
    tags_len: usize,
}

/// Series in the order of their discovery; rows name them by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesList {
    heads: Vec<SeriesHead>,
    texts: Vec<u8>,
}

impl SeriesList {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// The heads, in order.
    pub fn heads(&self) -> &[SeriesHead] {
        &self.heads
    }

    /// One series with its texts.
    pub fn get(&self, index: usize) -> Series {
        let SeriesHead { tenant_id, series_id, is_error, .. } = self.heads[index];
        let dimensions = std::array::from_fn(|at| Label::from(self.dimension(index, at)));
        Series { tenant_id, series_id, dimensions, tags: self.tags(index).into(), is_error }
    }

    /// A dimension, by its place in [`crate::batch::SERIES_COLUMNS`]. Decoding has seen to it that it is UTF-8.
    pub fn dimension(&self, index: usize, place: usize) -> &str {
        let behind = &self.dimensions(index)[self.first_dimensions(index, place).len()..];
        text(behind.split_first_chunk().map_or(&[], |(len, rest)| &rest[..length(len, rest)]))
    }

    /// The first dimensions as they stand in the series key: equal bytes, equal dimensions.
    pub fn first_dimensions(&self, index: usize, count: usize) -> &[u8] {
        let all = self.dimensions(index);
        let mut rest = all;
        for _ in 0..count {
            rest = rest.split_first_chunk().map_or(&[], |(len, rest)| &rest[length(len, rest)..]);
        }
        &all[..all.len() - rest.len()]
    }

    /// Declared tags as a JSON object text, keys sorted.
    pub fn tags(&self, index: usize) -> &str {
        let head = &self.heads[index];
        text(&self.texts[head.at + head.dimensions_len..][..head.tags_len])
    }

    /// Append a series.
    pub fn push(&mut self, series: &Series) {
        let mut dimensions = Vec::new();
        for dimension in &series.dimensions {
            dimensions.extend_from_slice(&(dimension.len() as u32).to_le_bytes());
            dimensions.extend_from_slice(dimension.as_bytes());
        }
        let Series { tenant_id, series_id, is_error, .. } = *series;
        self.push_key(tenant_id, series_id, is_error, &dimensions, series.tags.as_bytes());
    }

    /// Append one of another list.
    pub fn push_from(&mut self, other: &SeriesList, index: usize) {
        let SeriesHead { tenant_id, series_id, is_error, .. } = other.heads[index];
        let tags = other.tags(index).as_bytes();
        self.push_key(tenant_id, series_id, is_error, other.dimensions(index), tags);
    }

    /// Append a series of which the dimensions are written as in its key.
    #[inline]
    pub(crate) fn push_key(
        &mut self,
        tenant_id: i32,
        series_id: i64,
        is_error: bool,
        dimensions: &[u8],
        tags_json: &[u8],
    ) {
        let (at, dimensions_len, tags_len) = (self.texts.len(), dimensions.len(), tags_json.len());
        self.texts.extend_from_slice(dimensions);
        self.texts.extend_from_slice(tags_json);
        self.heads.push(SeriesHead { tenant_id, series_id, is_error, at, dimensions_len, tags_len });
    }

    /// Make room for this many, with texts of usual length.
    pub(crate) fn reserve(&mut self, series: usize) {
        const TEXT_BYTES_USUAL: usize = 16 * SERIES_DIMENSIONS;
        self.heads.reserve(series);
        self.texts.reserve(series * TEXT_BYTES_USUAL);
    }

    fn dimensions(&self, index: usize) -> &[u8] {
        let head = &self.heads[index];
        &self.texts[head.at..][..head.dimensions_len]
    }
}

fn length(len: &[u8; 4], rest: &[u8]) -> usize {
    (u32::from_le_bytes(*len) as usize).min(rest.len())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(tenant_id: i32, model: &str, tags: &str) -> Series {
        let dimensions = ["openai", "", model, "chat", "é", "", "search", "timeout"].map(Label::from);
        Series { tenant_id, series_id: -7, dimensions, tags: tags.into(), is_error: true }
    }

    #[test]
    fn what_is_pushed_is_read_back() {
        let all = [series(1, "a", "{}"), series(2, "", r#"{"team":"rot"}"#), series(1, &"m".repeat(256), "{}")];
        let mut list = SeriesList::default();
        all.iter().for_each(|one| list.push(one));
        let mut copy = SeriesList::default();
        (0..list.len()).for_each(|index| copy.push_from(&list, index));
        for (index, one) in all.iter().enumerate() {
            assert_eq!((&list.get(index), &copy.get(index)), (one, one));
        }
        assert_eq!(list, copy);
    }

    #[test]
    fn first_dimensions_differ_where_any_of_them_does() {
        let mut list = SeriesList::default();
        [series(1, "a", "{}"), series(2, "a", "[]"), series(1, "b", "{}")].iter().for_each(|one| list.push(one));
        assert_eq!(list.first_dimensions(0, 5), list.first_dimensions(1, 5));
        assert_ne!(list.first_dimensions(0, 3), list.first_dimensions(2, 3));
        assert_eq!(list.first_dimensions(0, 2), list.first_dimensions(2, 2));
    }
}
