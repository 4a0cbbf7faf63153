//! `PriceBook`: unit prices compiled for look-up.

use hub_core::batch::Batch;
use hub_core::price::{self, PriceBookError as CorePriceBookError};
use pyo3::prelude::*;

use crate::door;
use crate::errors::{PriceBookError, Raise};

/// Price id, provider id, model id, first day in force (days since 1970-01-01), prices by key as JSON.
type CardRow = (i64, String, String, Option<i32>, String);

/// Unit prices compiled for look-up.
#[pyclass(frozen, module = "rust_core._native")]
pub struct PriceBook(price::PriceBook);

impl Raise for CorePriceBookError {
    fn raise(self) -> PyErr {
        PriceBookError::new_err(self.to_string())
    }
}

impl PriceBook {
    /// Price every row of a batch.
    pub fn price(&self, batch: &mut Batch) {
        price::price_batch(&self.0, batch);
    }
}

#[pymethods]
impl PriceBook {
    #[staticmethod]
    fn compile(py: Python<'_>, source_json: &[u8]) -> PyResult<PriceBook> {
        door::enter(py, || price::PriceBook::compile(source_json)).map(PriceBook)
    }

    #[getter]
    fn version(&self) -> &str {
        self.0.version()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn find(&self, provider: &str, model: &str, service_tier: &str, ts_us: i64) -> Option<(String, String, i64)> {
        let found = self.0.find(provider, model, service_tier)?;
        let price_id = found.cards.at(ts_us).price_id;
        Some((found.provider.to_string(), found.cards.model.to_string(), price_id))
    }

    fn cards(&self, py: Python<'_>) -> PyResult<Vec<CardRow>> {
        door::enter_ok(py, || {
            let rows = self.0.rows().into_iter();
            rows.map(|row| {
                let names = (row.provider.to_string(), row.model.to_string());
                (row.price_id, names.0, names.1, row.valid_from_day, row.prices.to_string())
            })
            .collect()
        })
    }
}
