//! `Examined` and `Piece`: what the edge found out about a body, and what it sends on.

use std::borrow::Cow;

use hub_core::decode as core_decode;
use pyo3::prelude::*;

use crate::bytes::Bytes;
use crate::message::Message;
use crate::reject::Reject;

/// A part of a body that is a body of its own.
#[pyclass(frozen, module = "rust_core._native")]
pub struct Piece {
    payload: Py<Bytes>,
    format: &'static str,
    events: u64,
    base_position: i64,
    verdicts: String,
}

impl Piece {
    fn from_core(piece: core_decode::Piece<'_>, message: &Bound<'_, Message>) -> PyResult<Piece> {
        let payload = match piece.payload {
            Cow::Owned(bytes) => Bytes::from(bytes),
            Cow::Borrowed(part) => {
                let from = part.as_ptr() as usize - message.get().payload().as_ptr() as usize;
                Bytes::part(message, from..from + part.len())
            }
        };
        let core_decode::Piece { format, events, base_position, verdicts, .. } = piece;
        let payload = Py::new(message.py(), payload)?;
        Ok(Piece { payload, format: format.as_str(), events, base_position, verdicts })
    }
}

#[pymethods]
impl Piece {
    #[getter]
    fn payload(&self, py: Python<'_>) -> Py<Bytes> {
        self.payload.clone_ref(py)
    }

    #[getter]
    fn format(&self) -> &'static str {
        self.format
    }

    #[getter]
    fn events(&self) -> u64 {
        self.events
    }

    #[getter]
    fn base_position(&self) -> i64 {
        self.base_position
    }

    #[getter]
    fn verdicts(&self) -> &[u8] {
        self.verdicts.as_bytes()
    }
}

/// What the edge found out about a body.
#[pyclass(frozen, module = "rust_core._native")]
pub struct Examined {
    received: u64,
    accepted: u64,
    rejected: u64,
    rejects: Vec<Py<Reject>>,
    pieces: Vec<Py<Piece>>,
}

impl Examined {
    /// From what the core found out about this message.
    pub fn from_core(examined: core_decode::Examined<'_>, message: &Bound<'_, Message>) -> PyResult<Examined> {
        let py = message.py();
        let core_decode::Examined { received, accepted, rejected, rejects, pieces } = examined;
        let piece = |piece| Py::new(py, Piece::from_core(piece, message)?);
        let rejects = rejects.into_iter().map(|reject| Py::new(py, Reject(reject)));
        Ok(Examined {
            received,
            accepted,
            rejected,
            rejects: rejects.collect::<PyResult<_>>()?,
            pieces: pieces.into_iter().map(piece).collect::<PyResult<_>>()?,
        })
    }
}

#[pymethods]
impl Examined {
    #[getter]
    fn received(&self) -> u64 {
        self.received
    }

    #[getter]
    fn accepted(&self) -> u64 {
        self.accepted
    }

    #[getter]
    fn rejected(&self) -> u64 {
        self.rejected
    }

    #[getter]
    fn rejects(&self, py: Python<'_>) -> Vec<Py<Reject>> {
        self.rejects.iter().map(|reject| reject.clone_ref(py)).collect()
    }

    #[getter]
    fn pieces(&self, py: Python<'_>) -> Vec<Py<Piece>> {
        self.pieces.iter().map(|piece| piece.clone_ref(py)).collect()
    }
}
