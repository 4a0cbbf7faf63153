//! A batch as one Arrow record batch: the event columns, then the dimensions of the series as dictionaries.
//!
//! Numbers that SQL keeps as NULL to save space are plain zeros here; NULL means unknown.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, LargeStringBuilder};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int16Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, types::Int32Type,
};
use arrow_schema::{ArrowError, Field, Schema};

use crate::batch::{ABSENT_I64, Batch, Row, SERIES_COLUMNS, TEXT_COLUMNS};
use crate::tokens::{COST_COLUMNS, TOKEN_COLUMNS};

/// Name of the column of declared tags; `tags` are the event's own.
pub const SERIES_TAGS: &str = "series_tags";
const EVENT_KEY_BYTES: i32 = 16;

/// The rows as columns.
pub fn to_record_batch(batch: &Batch) -> Result<RecordBatch, ArrowError> {
    let mut columns = Columns { batch, fields: Vec::new(), arrays: Vec::new() };
    columns.put("tenant_id", Int32Array::from_iter_values(batch.rows.iter().map(|row| row.tenant_id)));
    columns.moment("ts", |row| row.ts_us);
    columns.event_key()?;
    columns.number("series_id", |row| batch.series.heads()[row.series as usize].series_id);
    columns.moment("received_at", |row| row.received_at_us);
    for (i, name) in TEXT_COLUMNS.iter().enumerate() {
        columns.text(name, |row| batch.text(row, i));
    }
    columns.text("tags", |row| batch.tags(row));
    for (i, name) in TOKEN_COLUMNS.iter().enumerate() {
        columns.number(name, |row| i64::from(row.tokens[i]));
    }
    columns.number("web_searches", |row| i64::from(row.web_searches));
    columns.unknown("latency_us", |row| row.latency_us);
    columns.unknown("ttft_us", |row| row.ttft_us);
    for (i, name) in COST_COLUMNS.iter().enumerate() {
        columns.number(name, |row| row.cost[i]);
    }
    columns.put("cost_status", Int16Array::from_iter_values(batch.rows.iter().map(|row| row.cost_status as i16)));
    columns.number("price_id", |row| row.price_id);
    let all = 0..batch.series.len();
    for (i, name) in SERIES_COLUMNS.iter().enumerate() {
        columns.dimension(name, all.clone().map(|index| batch.series.dimension(index, i)))?;
    }
    columns.dimension(SERIES_TAGS, all.map(|index| batch.series.tags(index)))?;
    RecordBatch::try_new(Arc::new(Schema::new(columns.fields)), columns.arrays)
}

struct Columns<'a> {
    batch: &'a Batch,
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl<'a> Columns<'a> {
    fn put(&mut self, name: &str, array: impl Array + 'static) {
        self.fields.push(Field::new(name, array.data_type().clone(), true));
        self.arrays.push(Arc::new(array));
    }

    fn number(&mut self, name: &str, value: impl Fn(&Row) -> i64) {
        self.put(name, Int64Array::from_iter_values(self.batch.rows.iter().map(value)));
    }

    fn unknown(&mut self, name: &str, value: impl Fn(&Row) -> i64) {
        let known = |row: &Row| Some(value(row)).filter(|value| *value != ABSENT_I64);
        self.put(name, Int64Array::from_iter(self.batch.rows.iter().map(known)));
    }

    fn moment(&mut self, name: &str, value: impl Fn(&Row) -> i64) {
        let array = TimestampMicrosecondArray::from_iter_values(self.batch.rows.iter().map(value));
        self.put(name, array.with_timezone("UTC"));
    }

    fn event_key(&mut self) -> Result<(), ArrowError> {
        let mut builder = FixedSizeBinaryBuilder::with_capacity(self.batch.rows.len(), EVENT_KEY_BYTES);
        for row in &self.batch.rows {
            builder.append_value(row.event_key.to_be_bytes())?;
        }
        self.put("event_key", builder.finish());
        Ok(())
    }

    fn text(&mut self, name: &str, text: impl Fn(&'a Row) -> Option<&'a [u8]>) {
        let texts = || self.batch.rows.iter().map(&text);
        let bytes = texts().flatten().map(<[u8]>::len).sum();
        let mut builder = LargeStringBuilder::with_capacity(self.batch.rows.len(), bytes);
        for text in texts() {
            builder.append_option(text.map(String::from_utf8_lossy));
        }
        self.put(name, builder.finish());
    }

    /// Values by series become one dictionary without duplicates; the rows hold indexes into it.
    fn dimension(&mut self, name: &str, values: impl Iterator<Item = &'a str>) -> Result<(), ArrowError> {
        let mut index_of = hashbrown::HashMap::new();
        let mut distinct = Vec::new();
        let of_series: Vec<i32> = values
            .map(|value| {
                *index_of.entry(value).or_insert_with(|| {
                    distinct.push(value);
                    distinct.len() as i32 - 1
                })
            })
            .collect();
        let keys = Int32Array::from_iter_values(self.batch.rows.iter().map(|row| of_series[row.series as usize]));
        let array = DictionaryArray::<Int32Type>::try_new(keys, Arc::new(StringArray::from(distinct)))?;
        self.put(name, array);
        Ok(())
    }
}
