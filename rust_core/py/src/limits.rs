//! `Limits`: bounds of decoding.

use pyo3::prelude::*;

/// Bounds of decoding.
#[pyclass(frozen, module = "rust_core._native")]
pub struct Limits(pub hub_core::limits::Limits);

#[pymethods]
impl Limits {
    #[new]
    #[pyo3(signature = (*, event_bytes_max = 1_048_576, depth_max = 64, ahead_us_max = 600_000_000,
        payload_kept_bytes_max = 65_536, rejects_kept_max = 100_000))]
    fn new(
        event_bytes_max: usize,
        depth_max: usize,
        ahead_us_max: i64,
        payload_kept_bytes_max: usize,
        rejects_kept_max: usize,
    ) -> Limits {
        Limits(hub_core::limits::Limits {
            event_bytes_max,
            depth_max,
            ahead_us_max,
            payload_kept_bytes_max,
            rejects_kept_max,
            ..Default::default()
        })
    }

    #[getter]
    fn event_bytes_max(&self) -> usize {
        self.0.event_bytes_max
    }

    #[getter]
    fn depth_max(&self) -> usize {
        self.0.depth_max
    }

    #[getter]
    fn ahead_us_max(&self) -> i64 {
        self.0.ahead_us_max
    }

    #[getter]
    fn payload_kept_bytes_max(&self) -> usize {
        self.0.payload_kept_bytes_max
    }

    #[getter]
    fn rejects_kept_max(&self) -> usize {
        self.0.rejects_kept_max
    }
}
