//! `Bytes`: what the core wrote or cut, read by Python in place.

use std::ffi::c_int;
use std::ops::Range;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::message::Message;

/// Read-only bytes: owned by the core, or a part of the body of a message.
#[pyclass(frozen, module = "rust_core._native")]
pub struct Bytes(Source);

enum Source {
    Owned(Vec<u8>),
    /// The message keeps the buffer that it borrowed, and this keeps the message.
    Part(Py<Message>, Range<usize>),
}

impl Bytes {
    /// A part of the body of a message. The range is cut to what there is.
    pub fn part(message: &Bound<'_, Message>, range: Range<usize>) -> Bytes {
        Bytes(Source::Part(message.clone().unbind(), range))
    }

    fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Source::Owned(bytes) => bytes,
            Source::Part(message, range) => message.get().payload().get(range.clone()).unwrap_or_default(),
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes(Source::Owned(bytes))
    }
}

#[pymethods]
impl Bytes {
    fn __len__(&self) -> usize {
        self.as_slice().len()
    }

    /// # Safety
    /// `view` comes from the interpreter. The class is frozen and the view holds a reference to it, so the bytes
    /// neither move nor change while the view lives.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let bytes = slf.get().as_slice();
        let read_only = 1;
        // SAFETY: see above; PyBuffer_FillInfo takes its own reference to the object.
        let result = unsafe {
            let start = bytes.as_ptr().cast_mut().cast();
            ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start, bytes.len() as ffi::Py_ssize_t, read_only, flags)
        };
        if result == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}
