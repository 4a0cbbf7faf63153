//! `series`: the dimension tuples that the database does not know yet.

use super::writer::CopyWriter;
use crate::batch::{SERIES_DIMENSIONS, Series};

/// Fields of a row: tenant_id, series_id, the dimensions, tags.
const FIELDS: usize = SERIES_DIMENSIONS + 3;

/// Series as COPY of tenant_id, series_id, the dimensions in their order, tags.
pub fn copy_series(series: &[Series]) -> Vec<u8> {
    let texts = |s: &Series| s.tags.len() + s.dimensions.iter().map(|d| d.len()).sum::<usize>();
    let mut writer = CopyWriter::new(series.iter().map(|s| 15 + FIELDS * 4 + texts(s)).sum());
    for one in series {
        writer.row(FIELDS as i16);
        writer.int4(one.tenant_id);
        writer.int8(one.series_id);
        for dimension in &one.dimensions {
            writer.text(dimension);
        }
        writer.jsonb(&one.tags);
    }
    writer.finish()
}
