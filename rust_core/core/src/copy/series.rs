//! `series`: the dimension tuples that the database does not know yet.

use super::writer::CopyWriter;
use crate::batch::SERIES_DIMENSIONS;
use crate::series_list::SeriesList;

/// Fields of a row: tenant_id, series_id, the dimensions, tags.
const FIELDS: usize = SERIES_DIMENSIONS + 3;

/// Series as COPY of tenant_id, series_id, the dimensions in their order, tags.
pub fn copy_series(series: &SeriesList) -> Vec<u8> {
    const ROW_BYTES_USUAL: usize = 256;
    let mut writer = CopyWriter::new(series.len() * ROW_BYTES_USUAL);
    for (index, head) in series.heads().iter().enumerate() {
        writer.row(FIELDS as i16);
        writer.int4(head.tenant_id);
        writer.int8(head.series_id);
        for place in 0..SERIES_DIMENSIONS {
            writer.text(series.dimension(index, place));
        }
        writer.jsonb(series.tags(index));
    }
    writer.finish()
}
