//! Copies of short texts as one block of fixed size, cut afterwards: calls of `memcpy` cost more than the bytes.

/// Bytes of a block; most texts are shorter.
pub(crate) const BLOCK: usize = 32;

/// Copy the first `len` bytes of `readable`; what follows them in `to` up to a block is overwritten, too.
#[inline(always)]
pub(crate) fn copy_short(readable: &[u8], len: usize, to: &mut [u8]) {
    match (readable.first_chunk::<BLOCK>(), to.first_chunk_mut::<BLOCK>()) {
        (Some(block), Some(to)) if len <= BLOCK => *to = *block,
        _ => to[..len].copy_from_slice(&readable[..len]),
    }
}
