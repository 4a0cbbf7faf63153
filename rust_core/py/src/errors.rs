//! Errors of the core as Python exceptions, all of them.
//!
//! ```text
//! NativeError            a panic, or an argument that cannot be
//! ├── SketchError        hub_core::sketch::SketchError
//! └── PriceBookError     raised by price.rs
//! ```

use std::convert::Infallible;

use hub_core::batch_ops::RowError;
use hub_core::copy::CompactError;
use hub_core::decode::VerdictError;
use hub_core::sketch::SketchError as CoreSketchError;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(rust_core._native, NativeError, PyException);
create_exception!(rust_core._native, SketchError, NativeError);
create_exception!(rust_core._native, PriceBookError, NativeError);

/// An error that has a Python exception.
pub trait Raise {
    /// The exception to raise.
    fn raise(self) -> PyErr;
}

impl Raise for Infallible {
    fn raise(self) -> PyErr {
        match self {}
    }
}

impl Raise for CoreSketchError {
    fn raise(self) -> PyErr {
        SketchError::new_err(self.to_string())
    }
}

impl Raise for CompactError {
    fn raise(self) -> PyErr {
        match self {
            CompactError::Sketch { .. } => SketchError::new_err(self.to_string()),
            _ => NativeError::new_err(self.to_string()),
        }
    }
}

impl Raise for RowError {
    fn raise(self) -> PyErr {
        NativeError::new_err(self.to_string())
    }
}

impl Raise for VerdictError {
    fn raise(self) -> PyErr {
        NativeError::new_err(self.to_string())
    }
}

impl Raise for arrow_schema::ArrowError {
    fn raise(self) -> PyErr {
        NativeError::new_err(self.to_string())
    }
}

/// An argument whose value cannot be.
pub fn bad_argument(name: &str, value: &str, known: &str) -> PyErr {
    NativeError::new_err(format!("{name} must be {known}, not '{value}'"))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("NativeError", py.get_type::<NativeError>())?;
    module.add("SketchError", py.get_type::<SketchError>())?;
    module.add("PriceBookError", py.get_type::<PriceBookError>())
}
