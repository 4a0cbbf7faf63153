//! Functions of the module that belong to no class.

use hub_core::decode::{Dialect, Message as CoreMessage, PieceBounds};
use hub_core::reject::Code;
use hub_core::{count, decode as core_decode, series};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::batch::Batch;
use crate::door;
use crate::examined::Examined;
use crate::limits::Limits;
use crate::message::{Message, dialect_of, format_of};
use crate::payload::Payload;

#[pyfunction]
#[pyo3(signature = (messages, limits, dialect = "canonical"))]
fn decode(
    py: Python<'_>,
    messages: Vec<Bound<'_, Message>>,
    limits: &Bound<'_, Limits>,
    dialect: &str,
) -> PyResult<Batch> {
    let dialect = dialect_of(dialect)?;
    let mut messages: Vec<CoreMessage> = messages.iter().map(|message| message.get().as_core()).collect();
    if dialect != Dialect::Canonical {
        messages.iter_mut().for_each(|message| message.dialect = dialect);
    }
    let limits = &limits.get().0;
    door::enter_ok(py, || Batch(core_decode::decode(&messages, limits)))
}

#[pyfunction]
#[pyo3(signature = (message, limits, *, piece_bytes_max = 900_000, verdict_bytes_max = 60_000))]
fn examine(
    message: &Bound<'_, Message>,
    limits: &Bound<'_, Limits>,
    piece_bytes_max: usize,
    verdict_bytes_max: usize,
) -> PyResult<Examined> {
    let bounds = PieceBounds { bytes_max: piece_bytes_max, verdict_bytes_max };
    let (core, limits) = (message.get().as_core(), &limits.get().0);
    let examined = door::enter_ok(message.py(), || core_decode::examine(&core, limits, bounds))?;
    Examined::from_core(examined, message)
}

#[pyfunction]
#[pyo3(signature = (payload, format = "auto"))]
fn count_events(py: Python<'_>, payload: Payload, format: &str) -> PyResult<u64> {
    let format = format_of(format)?;
    door::enter_ok(py, || count::count_events(payload.as_slice(), format))
}

#[pyfunction]
fn reject_codes() -> Vec<(&'static str, &'static str)> {
    let mut codes: Vec<_> = Code::ALL.iter().map(|code| (code.as_str(), code.message())).collect();
    codes.sort_unstable();
    codes
}

#[pyfunction]
fn event_key<'py>(py: Python<'py>, source: &str, event_id: &str) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &series::event_key(source.as_bytes(), event_id.as_bytes()).to_be_bytes())
}

/// For the test that a panic becomes an exception.
#[pyfunction]
#[allow(clippy::panic)]
fn _panic_for_test(py: Python<'_>) -> PyResult<()> {
    door::enter_ok(py, || panic!("asked to"))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(decode, module)?)?;
    module.add_function(wrap_pyfunction!(examine, module)?)?;
    module.add_function(wrap_pyfunction!(count_events, module)?)?;
    module.add_function(wrap_pyfunction!(reject_codes, module)?)?;
    module.add_function(wrap_pyfunction!(event_key, module)?)?;
    module.add_function(wrap_pyfunction!(_panic_for_test, module)?)
}
