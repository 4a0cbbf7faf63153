//! `Reject`: one refused event.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// One refused event.
#[pyclass(frozen, module = "rust_core._native")]
pub struct Reject(pub hub_core::reject::Reject);

#[pymethods]
impl Reject {
    #[getter]
    fn tenant_id(&self) -> i32 {
        self.0.tenant_id
    }

    #[getter]
    fn message(&self) -> u32 {
        self.0.message
    }

    #[getter]
    fn ordinal(&self) -> u32 {
        self.0.ordinal
    }

    #[getter]
    fn position(&self) -> i64 {
        self.0.position
    }

    #[getter]
    fn at_byte(&self) -> i32 {
        self.0.at_byte
    }

    #[getter]
    fn code(&self) -> &'static str {
        self.0.code.as_str()
    }

    #[getter]
    fn field(&self) -> &str {
        &self.0.field
    }

    #[getter]
    fn text(&self) -> &str {
        self.0.text()
    }

    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.payload)
    }

    #[getter]
    fn payload_truncated(&self) -> bool {
        self.0.payload_truncated
    }
}
