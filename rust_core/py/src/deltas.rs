//! `Deltas`: partial sums.

use hub_core::copy;
use hub_core::delta::Deltas as CoreDeltas;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};

use crate::bytes::Bytes;
use crate::door;

/// Signed partial sums per tenant, series and minute.
#[pyclass(frozen, eq, module = "rust_core._native")]
#[derive(PartialEq)]
pub struct Deltas(pub CoreDeltas);

#[pymethods]
impl Deltas {
    fn __len__(&self) -> usize {
        self.0.rows.len()
    }

    fn merge(&self, py: Python<'_>, other: &Bound<'_, Deltas>) -> PyResult<Deltas> {
        let other = &other.get().0;
        door::enter(py, || self.0.merge(other).map(Deltas))
    }

    fn negate(&self, py: Python<'_>) -> PyResult<Deltas> {
        door::enter(py, || self.0.negate().map(Deltas))
    }

    #[pyo3(signature = (*, kind = 0))]
    fn copy(&self, py: Python<'_>, kind: i16) -> PyResult<Bytes> {
        door::enter_ok(py, || copy::copy_deltas(&self.0, kind).into())
    }

    fn totals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        door::enter_ok(py, || self.0.totals())?.into_py_dict(py)
    }
}
