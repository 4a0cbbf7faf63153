//! `Message` and `TenantRules`: what goes into decoding.

use std::sync::Arc;

use hub_core::decode::{Dialect, Format, Message as CoreMessage, TenantRules as CoreRules, Verdicts};
use hub_core::reject::Code;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::errors::{Raise, bad_argument};
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
    dialect: Dialect,
    verdicts: Option<Verdicts>,
    refused: Option<(Code, String)>,
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
            dialect: self.dialect,
            verdicts: self.verdicts.as_ref(),
            refused: self.refused.as_ref().map(|(code, detail)| (*code, detail.as_str())),
        }
    }

    /// The body.
    pub fn payload(&self) -> &[u8] {
        self.payload.as_slice()
    }
}

/// The dialect of a name.
pub fn dialect_of(name: &str) -> PyResult<Dialect> {
    Dialect::from_name(name).ok_or_else(|| bad_argument("dialect", name, "'canonical' or 'cloudevents'"))
}

/// The format of a name.
pub fn format_of(name: &str) -> PyResult<Format> {
    Format::from_name(name).ok_or_else(|| bad_argument("format", name, "'auto', 'json' or 'ndjson'"))
}

/// The reject code of a name.
fn code_of(name: &str) -> PyResult<Code> {
    Code::from_name(name).ok_or_else(|| bad_argument("refused", name, "a code of reject_codes()"))
}

#[pymethods]
impl Message {
    #[new]
    #[pyo3(signature = (tenant, received_at_us, payload, *, format = "auto", events = None, origin = "",
        base_position = 0, dialect = "canonical", verdicts = None, refused = None))]
    #[allow(clippy::too_many_arguments, reason = "they have names in Python")]
    fn new(
        tenant: &Bound<'_, TenantRules>,
        received_at_us: i64,
        payload: Payload,
        format: &str,
        events: Option<u64>,
        origin: &str,
        base_position: i64,
        dialect: &str,
        verdicts: Option<Payload>,
        refused: Option<(String, String)>,
    ) -> PyResult<Message> {
        let tenant = Arc::clone(&tenant.get().0);
        let format = format_of(format)?;
        let dialect = dialect_of(dialect)?;
        let verdicts = verdicts.map(|text| Verdicts::parse(text.as_slice())).transpose().map_err(Raise::raise)?;
        let refused = refused.map(|(code, detail)| Ok::<_, PyErr>((code_of(&code)?, detail))).transpose()?;
        Ok(Message {
            tenant,
            received_at_us,
            payload,
            format,
            events,
            origin: origin.to_owned(),
            base_position,
            dialect,
            verdicts,
            refused,
        })
    }
}
