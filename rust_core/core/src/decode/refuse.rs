//! Makes a [`Reject`] of an event that stood somewhere and has a fault.

use crate::reject::Reject;

use super::raw::Fault;
use super::rows::Place;

impl Place<'_> {
    /// The reject of the event here, with at most `kept_bytes_max` of its bytes.
    #[cold]
    pub(super) fn refuse(&self, fault: Fault, detail: Box<str>, event: &[u8], kept_bytes_max: usize) -> Reject {
        let kept = event.len().min(kept_bytes_max);
        Reject {
            tenant_id: self.message.tenant.tenant_id,
            received_at_us: self.message.received_at_us,
            message: self.index,
            ordinal: self.ordinal,
            position: self.position,
            at_byte: fault.at_byte,
            code: fault.code,
            field: fault.field,
            detail,
            origin: self.message.origin.into(),
            payload: event[..kept].into(),
            payload_truncated: kept < event.len(),
        }
    }
}
