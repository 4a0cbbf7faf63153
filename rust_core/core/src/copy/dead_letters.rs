//! `dead_letters`: every kept reject, without the identity column.

use super::writer::CopyWriter;
use crate::reject::Reject;

/// Bytes of a row apart from its texts and payload.
const FIXED: usize = 96;

/// Rejects as COPY of tenant_id, received_at, flush_id, origin, position, at_byte, code, field, message, payload,
/// payload_truncated.
pub fn copy_dead_letters(rejects: &[Reject], flush_id: i64) -> Vec<u8> {
    let size = |r: &Reject| FIXED + r.origin.len() + r.field.len() + r.text().len() + r.payload.len();
    let mut writer = CopyWriter::new(rejects.iter().map(size).sum());
    for reject in rejects {
        writer.row(11);
        writer.int4(reject.tenant_id);
        writer.timestamptz(reject.received_at_us);
        writer.int8(flush_id);
        writer.text(&reject.origin);
        writer.int8(reject.position);
        writer.int4(reject.at_byte);
        writer.text(reject.code.as_str());
        writer.text(&reject.field);
        writer.text(reject.text());
        writer.bytea(&reject.payload);
        writer.bool(reject.payload_truncated);
    }
    writer.finish()
}
