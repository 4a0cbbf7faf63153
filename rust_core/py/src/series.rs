//! `SeriesCache` and `SeriesRows`.

use hub_core::copy;
use hub_core::series_cache::{SeriesCache as CoreCache, SeriesRows as CoreRows};
use pyo3::prelude::*;

use crate::batch::Batch;
use crate::bytes::Bytes;
use crate::door;

/// Series that this writer knows to be in the database.
#[pyclass(module = "rust_core._native")]
pub struct SeriesCache(CoreCache);

#[pymethods]
impl SeriesCache {
    #[new]
    #[pyo3(signature = (series_max = 1_000_000))]
    fn new(series_max: usize) -> SeriesCache {
        SeriesCache(CoreCache::new(series_max))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn missing(&self, py: Python<'_>, batch: PyRef<'_, Batch>) -> PyResult<SeriesRows> {
        let batch = &batch.0;
        door::enter_ok(py, || SeriesRows(self.0.missing(batch)))
    }

    fn learn(&mut self, py: Python<'_>, rows: &Bound<'_, SeriesRows>) -> PyResult<()> {
        let rows = &rows.get().0;
        door::enter_ok(py, || self.0.learn(rows))
    }
}

/// Series to insert.
#[pyclass(frozen, module = "rust_core._native")]
pub struct SeriesRows(CoreRows);

#[pymethods]
impl SeriesRows {
    fn __len__(&self) -> usize {
        self.0.0.len()
    }

    fn copy(&self, py: Python<'_>) -> PyResult<Bytes> {
        door::enter_ok(py, || copy::copy_series(&self.0.0).into())
    }

    fn keys(&self) -> Vec<(i32, i64)> {
        self.0.keys().collect()
    }
}
