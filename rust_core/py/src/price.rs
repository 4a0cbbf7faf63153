//! `PriceBook`: unit prices compiled for look-up.

use pyo3::prelude::*;

use crate::errors::PriceBookError;

/// Unit prices compiled for look-up.
#[pyclass(frozen, module = "rust_core._native")]
pub struct PriceBook {}

impl PriceBook {
    /// Price every row of a batch.
    pub fn price(&self, _batch: &mut hub_core::batch::Batch) {}
}

#[pymethods]
impl PriceBook {
    #[staticmethod]
    fn compile(_source_json: &[u8]) -> PyResult<PriceBook> {
        Err(PriceBookError::new_err("pricing is not bound yet"))
    }

    #[getter]
    fn version(&self) -> &str {
        ""
    }

    fn __len__(&self) -> usize {
        0
    }

    fn find(&self, _provider: &str, _model: &str, _service_tier: &str, _ts_us: i64) -> Option<(String, String, i64)> {
        None
    }
}
