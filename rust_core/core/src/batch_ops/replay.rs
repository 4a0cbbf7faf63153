//! A row written as the canonical event that it came from.

use serde_json::{Map, Number, Value};

use crate::batch::{ABSENT_I64, Batch, Row, SERIES_COLUMNS, TEXT_COLUMNS};
use crate::tokens::TOKEN_COLUMNS;

const PICO_USD: i64 = 1_000_000_000_000;

impl Batch {
    /// The canonical JSON of a row: decoding it again gives the same row.
    pub(super) fn canonical_json(&self, row: &Row) -> Vec<u8> {
        let series = self.series.get(row.series as usize);
        let mut event = Map::new();
        for (place, column) in TEXT_COLUMNS.iter().enumerate() {
            if let Some(text) = self.text(row, place) {
                event.insert(key_of(column).into(), String::from_utf8_lossy(text).into());
            }
        }
        for (key, dimension) in SERIES_COLUMNS.iter().zip(&series.dimensions) {
            if !dimension.is_empty() {
                event.insert((*key).into(), dimension.as_str().into());
            }
        }
        event.insert("time_unix_us".into(), row.ts_us.into());
        let mut tags = object(series.tags.as_bytes());
        tags.extend(self.tags(row).map(object).unwrap_or_default());
        if !tags.is_empty() {
            event.insert("tags".into(), tags.into());
        }
        event.insert("usage".into(), usage(row).into());
        for (key, us) in [("latency_ms", row.latency_us), ("ttft_ms", row.ttft_us)] {
            if us != ABSENT_I64 {
                event.insert(key.into(), decimal(us, 1_000, 3));
            }
        }
        if row.reported_cost_pico_usd != ABSENT_I64 {
            event.insert("cost_usd".into(), decimal(row.reported_cost_pico_usd, PICO_USD, 12));
        }
        Value::Object(event).to_string().into_bytes()
    }
}

/// The JSON key of a text column.
fn key_of(column: &str) -> &str {
    match column {
        "event_id" => "id",
        "user_id" => "user",
        "session_id" => "session",
        "api_key_id" => "api_key",
        other => other,
    }
}

fn usage(row: &Row) -> Map<String, Value> {
    let counts = TOKEN_COLUMNS.iter().zip(row.tokens).filter(|(_, count)| *count != 0);
    let mut usage: Map<String, Value> = counts.map(|(key, count)| ((*key).into(), count.into())).collect();
    if row.web_searches != 0 {
        usage.insert("web_searches".into(), row.web_searches.into());
    }
    if row.estimated {
        usage.insert("estimated".into(), true.into());
    }
    usage
}

fn object(text: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(text).unwrap_or_default()
}

/// `value / unit` as a decimal string for money, exact; as a number where it is a whole one or a float is enough.
fn decimal(value: i64, unit: i64, digits: usize) -> Value {
    if value % unit == 0 {
        return Value::Number(Number::from(value / unit));
    }
    if digits <= 3 {
        return Number::from_f64(value as f64 / unit as f64).map_or(Value::Null, Value::Number);
    }
    Value::String(format!("{}.{:0digits$}", value / unit, (value % unit).abs()))
}
