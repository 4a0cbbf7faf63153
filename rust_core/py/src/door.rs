//! The only way into the core: releases the GIL, stops panics, turns errors. Nothing else does any of the three.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;

use crate::errors::{NativeError, Raise};

/// Run fallible work without the GIL.
pub fn enter<T: Send, E: Raise + Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, E> + Send) -> PyResult<T> {
    // A panic may leave a batch half changed; its owner sees NativeError and throws the batch away.
    match py.detach(|| catch_unwind(AssertUnwindSafe(work)).map_err(|panic| text_of(&*panic))) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.raise()),
        Err(text) => Err(NativeError::new_err(format!("the core panicked: {text}"))),
    }
}

/// Run work that cannot fail, but for a panic.
pub fn enter_ok<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    enter(py, || Ok::<T, Infallible>(work()))
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "(no text)".to_owned())
}
