//! The format itself: header, fields, trailer.

use std::borrow::Cow;

use crate::texts::JSONB_VERSION;

/// Signature, no flags, no header extension.
pub(super) const HEADER: [u8; 19] = *b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// A field count of −1 ends the stream.
pub(super) const TRAILER: [u8; 2] = (-1i16).to_be_bytes();

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
const PG_EPOCH_US: i64 = 946_684_800_000_000;

/// A moment as PostgreSQL stores it.
#[inline]
pub(super) const fn pg_us(unix_us: i64) -> i64 {
    unix_us.wrapping_sub(PG_EPOCH_US)
}

/// Writes rows field by field, for the tables that are not on the hot path.
pub(super) struct CopyWriter {
    out: Vec<u8>,
}

impl CopyWriter {
    /// Begin a stream of about `bytes`.
    pub(super) fn new(bytes: usize) -> CopyWriter {
        let mut out = Vec::with_capacity(HEADER.len() + bytes + TRAILER.len());
        out.extend_from_slice(&HEADER);
        CopyWriter { out }
    }

    pub(super) fn row(&mut self, fields: i16) {
        self.out.extend_from_slice(&fields.to_be_bytes());
    }

    fn field(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.field(&[u8::from(value)]);
    }

    pub(super) fn int4(&mut self, value: i32) {
        self.field(&value.to_be_bytes());
    }

    pub(super) fn int8(&mut self, value: i64) {
        self.field(&value.to_be_bytes());
    }

    pub(super) fn timestamptz(&mut self, unix_us: i64) {
        self.int8(pg_us(unix_us));
    }

    pub(super) fn bytea(&mut self, value: &[u8]) {
        self.field(value);
    }

    /// A text; a NUL, which PostgreSQL refuses, becomes the replacement character.
    pub(super) fn text(&mut self, value: &str) {
        let value = if value.contains('\0') { Cow::Owned(value.replace('\0', "\u{fffd}")) } else { value.into() };
        self.field(value.as_bytes());
    }

    pub(super) fn jsonb(&mut self, text: &str) {
        self.out.extend_from_slice(&(text.len() as u32 + 1).to_be_bytes());
        self.out.push(JSONB_VERSION);
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(&TRAILER);
        self.out
    }
}
