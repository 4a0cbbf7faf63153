//! `Outcome`: the account of one message of a batch.

use pyo3::prelude::*;

/// The account of one message.
#[pyclass(frozen, module = "rust_core._native")]
pub struct Outcome(pub hub_core::batch_ops::Outcome);

#[pymethods]
impl Outcome {
    #[getter]
    fn received(&self) -> i64 {
        self.0.received
    }

    #[getter]
    fn stored(&self) -> i64 {
        self.0.stored
    }

    #[getter]
    fn duplicate(&self) -> i64 {
        self.0.duplicate
    }

    #[getter]
    fn rejected(&self) -> i64 {
        self.0.rejected
    }
}
