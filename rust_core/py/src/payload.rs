//! Bytes that Python owns, read by the core while the GIL is released.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;

/// A buffer nobody can change: borrowed when it is read-only (bytes, read-only maps), else copied once.
pub enum Payload {
    /// Lies where the exporter has it.
    Borrowed(PyBuffer<u8>),
    /// Was writable: another thread could change it under the core.
    Copied(Vec<u8>),
}

impl Payload {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Payload::Copied(bytes) => bytes,
            Payload::Borrowed(buffer) => match buffer.as_slice_ptr() {
                // SAFETY: the exporter keeps the memory in place while the view is held, and it is read-only.
                Some(bytes) => unsafe { bytes.as_ref() },
                None => &[],
            },
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Payload {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Payload> {
        let buffer = PyBuffer::<u8>::get(&object)?;
        if !buffer.is_c_contiguous() {
            return Err(PyBufferError::new_err("the buffer must be contiguous"));
        }
        if buffer.readonly() { Ok(Payload::Borrowed(buffer)) } else { Ok(Payload::Copied(buffer.to_vec(object.py())?)) }
    }
}
