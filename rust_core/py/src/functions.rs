//! Functions of the module that belong to no class.

use hub_core::decode::Message as CoreMessage;
use hub_core::reject::Code;
use hub_core::{count, decode as core_decode, series};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::batch::Batch;
use crate::door;
use crate::errors::bad_argument;
use crate::limits::Limits;
use crate::message::{Message, format_of};
use crate::payload::Payload;

#[pyfunction]
#[pyo3(signature = (messages, limits, dialect = "canonical"))]
fn decode(
    py: Python<'_>,
    messages: Vec<Bound<'_, Message>>,
    limits: &Bound<'_, Limits>,
    dialect: &str,
) -> PyResult<Batch> {
    if dialect != "canonical" {
        return Err(bad_argument("dialect", dialect, "'canonical'"));
    }
    let messages: Vec<CoreMessage> = messages.iter().map(|message| message.get().as_core()).collect();
    let limits = &limits.get().0;
    door::enter_ok(py, || Batch(core_decode::decode(&messages, limits)))
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
    module.add_function(wrap_pyfunction!(count_events, module)?)?;
    module.add_function(wrap_pyfunction!(reject_codes, module)?)?;
    module.add_function(wrap_pyfunction!(event_key, module)?)?;
    module.add_function(wrap_pyfunction!(_panic_for_test, module)?)
}
