//! `Bytes`: what the core wrote, read by Python in place.

use std::ffi::c_int;

use pyo3::ffi;
use pyo3::prelude::*;

/// Read-only bytes owned by the core.
#[pyclass(frozen, module = "rust_core._native")]
pub struct Bytes(Vec<u8>);

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes(bytes)
    }
}

#[pymethods]
impl Bytes {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// # Safety
    /// `view` comes from the interpreter. The class is frozen and the view holds a reference to it, so the bytes
    /// neither move nor change while the view lives.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let bytes = &slf.get().0;
        let read_only = 1;
        // SAFETY: see above; PyBuffer_FillInfo takes its own reference to the object.
        let result = unsafe {
            let start = bytes.as_ptr().cast_mut().cast();
            ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start, bytes.len() as ffi::Py_ssize_t, read_only, flags)
        };
        if result == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}
