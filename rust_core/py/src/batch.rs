//! `Batch`: decoded events.

use hub_core::batch::Batch as CoreBatch;
use hub_core::reject::Code;
use hub_core::{arrow, copy, delta};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyCapsule, PyDict};

use crate::bytes::Bytes;
use crate::deltas::Deltas;
use crate::door;
use crate::errors::bad_argument;
use crate::outcome::Outcome;
use crate::price::PriceBook;
use crate::reject::Reject;
use crate::tally::Tally;

/// Decoded events: columns, rejects and accounts.
#[pyclass(module = "rust_core._native")]
pub struct Batch(pub CoreBatch);

#[pymethods]
impl Batch {
    fn __len__(&self) -> usize {
        self.0.rows.len()
    }

    #[getter]
    fn rejects(&self) -> Vec<Reject> {
        self.0.rejects.iter().cloned().map(Reject).collect()
    }

    #[getter]
    fn rejects_total(&self) -> i64 {
        self.0.rejects_total()
    }

    #[getter]
    fn tallies(&self, py: Python<'_>) -> PyResult<Vec<Tally>> {
        let accounts = door::enter_ok(py, || self.0.accounts())?;
        Ok(accounts.into_iter().map(Tally::from).collect())
    }

    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let warnings = &self.0.warnings;
        let counted = [
            ("total_mismatch", warnings.total_mismatch),
            ("unknown_field", warnings.unknown_field),
            ("verdict_overruled", warnings.verdict_overruled),
        ];
        counted.into_py_dict(py)
    }

    fn outcomes(&self, py: Python<'_>) -> PyResult<Vec<Outcome>> {
        let outcomes = door::enter_ok(py, || self.0.outcomes())?;
        Ok(outcomes.into_iter().map(Outcome).collect())
    }

    fn days(&self, py: Python<'_>) -> PyResult<Vec<i64>> {
        door::enter_ok(py, || self.0.days())
    }

    fn price(&mut self, py: Python<'_>, book: &Bound<'_, PriceBook>) -> PyResult<()> {
        let book = book.get();
        door::enter_ok(py, || book.price(&mut self.0))
    }

    fn rollup(&self, py: Python<'_>) -> PyResult<Deltas> {
        door::enter_ok(py, || Deltas(delta::rollup(&self.0)))
    }

    fn drop(&mut self, py: Python<'_>, rows: Vec<usize>) -> PyResult<()> {
        door::enter(py, || self.0.drop_rows(&rows))
    }

    fn poison(&mut self, py: Python<'_>, rows: Vec<usize>, code: &str, text: &str) -> PyResult<()> {
        let code = Code::from_name(code).ok_or_else(|| bad_argument("code", code, "one of reject_codes()"))?;
        door::enter(py, || self.0.poison_rows(&rows, code, text))
    }

    fn slice(&self, py: Python<'_>, start: usize, stop: usize) -> PyResult<Batch> {
        door::enter_ok(py, || Batch(self.0.slice(start, stop)))
    }

    fn fold_series(&mut self, py: Python<'_>, keys: Vec<(i32, i64)>) -> PyResult<usize> {
        door::enter_ok(py, || self.0.fold_series(&keys))
    }

    #[pyo3(signature = (*, with_row = false))]
    fn copy_events(&self, py: Python<'_>, with_row: bool) -> PyResult<Bytes> {
        door::enter_ok(py, || copy::copy_events(&self.0, with_row).into())
    }

    fn copy_keys(&self, py: Python<'_>) -> PyResult<Bytes> {
        door::enter_ok(py, || copy::copy_keys(&self.0).into())
    }

    fn copy_marks(&self, py: Python<'_>, flush_id: i64) -> PyResult<Bytes> {
        door::enter_ok(py, || copy::copy_marks(&self.0, flush_id).into())
    }

    fn copy_ledger(&self, py: Python<'_>, flush_id: i64) -> PyResult<Bytes> {
        door::enter_ok(py, || copy::copy_ledger(&self.0, flush_id).into())
    }

    fn copy_dead_letters(&self, py: Python<'_>, flush_id: i64) -> PyResult<Bytes> {
        door::enter_ok(py, || copy::copy_dead_letters(&self.0.rejects, flush_id).into())
    }

    fn totals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        door::enter_ok(py, || self.0.totals())?.into_py_dict(py)
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The protocol lets a producer ignore a wish that it cannot meet.
        drop(requested_schema);
        let record_batch = door::enter(py, || arrow::to_record_batch(&self.0))?;
        crate::arrow::stream(py, record_batch)
    }
}
