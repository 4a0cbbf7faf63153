//! A COPY stream in, the same rows out, with sketch columns brought to canonical form.
//!
//! SQL sums numbers well, but sketches it can only concatenate; the closer sends such rows through here on their way
//! from one table to the next. Chunks may end anywhere, even within a number.

use super::writer::{HEADER, TRAILER};
use crate::sketch::{Histogram, SketchError};

/// Why a COPY stream cannot be rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompactError {
    /// The chunks do not begin with the signature of a binary COPY, or carry flags.
    #[error("the chunks are not a PostgreSQL binary COPY stream")]
    NotCopy,
    /// The chunks end before the stream does.
    #[error("the COPY stream ends within row {row}")]
    Truncated {
        /// Which row, from 0.
        row: usize,
    },
    /// A row has no such column, or the length of a field is negative.
    #[error("row {row} of the COPY stream has no readable column {column}")]
    Column {
        /// Which row, from 0.
        row: usize,
        /// Which column, from 0.
        column: usize,
    },
    /// There is something behind the end of the stream.
    #[error("there are bytes behind the end of the COPY stream")]
    Trailing,
    /// A sketch is broken.
    #[error("row {row} of the COPY stream: {error}")]
    Sketch {
        /// Which row, from 0.
        row: usize,
        /// What is wrong.
        error: SketchError,
    },
}

/// Rewrite the named bytea columns (from 0) to canonical sketches; all other bytes pass as they are.
pub fn compact(chunks: &[&[u8]], sketch_columns: &[usize]) -> Result<Vec<u8>, CompactError> {
    let mut input = Chunks { chunks, at: 0 };
    let mut out = Vec::with_capacity(chunks.iter().map(|chunk| chunk.len()).sum());
    read_header(&mut input)?;
    out.extend_from_slice(&HEADER);
    let mut scratch = Scratch::default();
    for row in 0.. {
        let fields = i16::from_be_bytes(input.array().ok_or(CompactError::Truncated { row })?);
        if fields == -1 {
            break;
        }
        if let Some(column) = sketch_columns.iter().find(|column| **column as i64 >= i64::from(fields)) {
            return Err(CompactError::Column { row, column: *column });
        }
        out.extend_from_slice(&fields.to_be_bytes());
        for column in 0..fields.max(0) as usize {
            let is_sketch = sketch_columns.contains(&column);
            copy_field(&mut input, &mut out, is_sketch.then_some(&mut scratch), row, column)?;
        }
    }
    out.extend_from_slice(&TRAILER);
    if input.array::<1>().is_some() { Err(CompactError::Trailing) } else { Ok(out) }
}

fn read_header(input: &mut Chunks) -> Result<(), CompactError> {
    let header: [u8; HEADER.len()] = input.array().ok_or(CompactError::NotCopy)?;
    if header == HEADER { Ok(()) } else { Err(CompactError::NotCopy) }
}

/// Reused from field to field.
#[derive(Default)]
struct Scratch {
    blob: Vec<u8>,
    histogram: Histogram,
}

fn copy_field(
    input: &mut Chunks,
    out: &mut Vec<u8>,
    sketch: Option<&mut Scratch>,
    row: usize,
    column: usize,
) -> Result<(), CompactError> {
    let length: [u8; 4] = input.array().ok_or(CompactError::Truncated { row })?;
    let size = i32::from_be_bytes(length);
    if size == -1 {
        out.extend_from_slice(&length);
        return Ok(());
    }
    let size = usize::try_from(size).map_err(|_| CompactError::Column { row, column })?;
    let Some(Scratch { blob, histogram }) = sketch else {
        out.extend_from_slice(&length);
        return input.take(size, out).ok_or(CompactError::Truncated { row });
    };
    blob.clear();
    input.take(size, blob).ok_or(CompactError::Truncated { row })?;
    histogram.clear();
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    histogram
        .add_blob(blob, 1)
        .and_then(|()| histogram.encode(out))
        .map_err(|error| CompactError::Sketch { row, error })?;
    let size = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&size.to_be_bytes());
    Ok(())
}

/// What is left of the chunks.
struct Chunks<'a> {
    chunks: &'a [&'a [u8]],
    at: usize,
}

impl Chunks<'_> {
    /// The next `N` bytes, or `None` when there are fewer.
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        let mut filled = 0;
        while filled < N {
            let rest = self.rest(N - filled)?;
            bytes[filled..filled + rest.len()].copy_from_slice(rest);
            filled += rest.len();
        }
        Some(bytes)
    }

    /// Append the next `size` bytes, or give `None` when there are fewer.
    fn take(&mut self, size: usize, out: &mut Vec<u8>) -> Option<()> {
        let mut missing = size;
        while missing > 0 {
            let rest = self.rest(missing)?;
            out.extend_from_slice(rest);
            missing -= rest.len();
        }
        Some(())
    }

    /// Up to `most` bytes of the first chunk that has any.
    fn rest(&mut self, most: usize) -> Option<&[u8]> {
        while self.chunks.first()?.len() == self.at {
            self.chunks = &self.chunks[1..];
            self.at = 0;
        }
        let chunk = self.chunks.first()?;
        let rest = &chunk[self.at..chunk.len().min(self.at + most)];
        self.at += rest.len();
        Some(rest)
    }
}
