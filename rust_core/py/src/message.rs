//! `Message` and `TenantRules`: what goes into decoding.

use std::sync::Arc;

use hub_core::decode::{Format, Message as CoreMessage, TenantRules as CoreRules};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::errors::bad_argument;
use crate::payload::Payload;

/// What the decoder must know of a tenant.
#[pyclass(frozen, module = "rust_core._native")]
pub struct TenantRules(Arc<CoreRules>);

#[pymethods]
impl TenantRules {
    #[new]
    #[pyo3(signature = (tenant_id, slug, late_horizon_us = None, declared_tags = Vec::new()))]
    fn new(tenant_id: i32, slug: &str, late_horizon_us: Option<i64>, declared_tags: Vec<String>) -> TenantRules {
        TenantRules(Arc::new(CoreRules::new(tenant_id, slug, late_horizon_us, &declared_tags)))
    }

    #[getter]
    fn tenant_id(&self) -> i32 {
        self.0.tenant_id
    }

    #[getter]
    fn slug(&self) -> &str {
        &self.0.slug
    }

    #[getter]
    fn late_horizon_us(&self) -> Option<i64> {
        self.0.late_horizon_us
    }

    #[getter]
    fn declared_tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.declared_tags)
    }
}

/// One body of events as it arrived.
#[pyclass(frozen, module = "rust_core._native")]
pub struct Message {
    tenant: Arc<CoreRules>,
    received_at_us: i64,
    payload: Payload,
    format: Format,
    events: Option<u64>,
    origin: String,
    base_position: i64,
}

impl Message {
    /// The message as the core takes it.
    pub fn as_core(&self) -> CoreMessage<'_> {
        CoreMessage {
            tenant: &self.tenant,
            received_at_us: self.received_at_us,
            payload: self.payload.as_slice(),
            format: self.format,
            events: self.events,
            origin: &self.origin,
            base_position: self.base_position,
        }
    }
}

/// The format of a name.
pub fn format_of(name: &str) -> PyResult<Format> {
    Format::from_name(name).ok_or_else(|| bad_argument("format", name, "'auto', 'json' or 'ndjson'"))
}

#[pymethods]
impl Message {
    #[new]
    #[pyo3(signature = (tenant, received_at_us, payload, *, format = "auto", events = None, origin = "",
        base_position = 0))]
    fn new(
        tenant: &Bound<'_, TenantRules>,
        received_at_us: i64,
        payload: Payload,
        format: &str,
        events: Option<u64>,
        origin: &str,
        base_position: i64,
    ) -> PyResult<Message> {
        let tenant = Arc::clone(&tenant.get().0);
        let format = format_of(format)?;
        Ok(Message { tenant, received_at_us, payload, format, events, origin: origin.to_owned(), base_position })
    }
}
