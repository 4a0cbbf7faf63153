//! Functions over sketches, and the COPY stream that brings them to canonical form.

use hub_core::copy::compact;
use hub_core::sketch;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::bytes::Bytes;
use crate::door;
use crate::payload::Payload;

#[pyfunction]
fn sketch_encode(py: Python<'_>, values_us: Vec<u64>) -> PyResult<Bound<'_, PyBytes>> {
    Ok(PyBytes::new(py, &door::enter_ok(py, || sketch::encode_values(&values_us))?))
}

#[pyfunction]
fn sketch_merge(py: Python<'_>, blobs: Vec<Payload>) -> PyResult<Bound<'_, PyBytes>> {
    Ok(PyBytes::new(py, &door::enter(py, || sketch::merge(blobs.iter().map(Payload::as_slice)))?))
}

#[pyfunction]
fn sketch_count(py: Python<'_>, blob: Payload) -> PyResult<i128> {
    door::enter(py, || sketch::count(blob.as_slice()))
}

#[pyfunction]
fn sketch_quantiles(py: Python<'_>, blob: Payload, quantiles: Vec<f64>) -> PyResult<Vec<Option<f64>>> {
    door::enter(py, || sketch::quantiles(blob.as_slice(), &quantiles))
}

#[pyfunction]
fn compact_copy(py: Python<'_>, rows: Vec<Payload>, sketch_columns: Vec<usize>) -> PyResult<Bytes> {
    door::enter(py, || {
        let chunks: Vec<&[u8]> = rows.iter().map(Payload::as_slice).collect();
        compact(&chunks, &sketch_columns).map(Bytes::from)
    })
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(sketch_encode, module)?)?;
    module.add_function(wrap_pyfunction!(sketch_merge, module)?)?;
    module.add_function(wrap_pyfunction!(sketch_count, module)?)?;
    module.add_function(wrap_pyfunction!(sketch_quantiles, module)?)?;
    module.add_function(wrap_pyfunction!(compact_copy, module)?)
}
