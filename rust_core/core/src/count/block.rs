//! Sixty-four bytes looked at together: a bit for each quote, comma and bracket.

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

/// One bit a byte, the first byte lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) quotes: u64,
    pub(super) commas: u64,
    /// `[`, `]`, `{` and `}`.
    pub(super) brackets: u64,
    /// Backslashes and line feeds: what a string means is then to be found out byte by byte.
    pub(super) odd: u64,
}

impl Block {
    /// A bit for each byte that stands in a string or opens one. `carry` is all ones when the block begins in a string.
    pub(super) fn strings(&self, carry: u64) -> u64 {
        let mut inside = self.quotes;
        for step in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << step;
        }
        inside ^ carry
    }
}

/// Every x86-64 processor has SSE2.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn look(bytes: &[u8; BLOCK]) -> Block {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8};
    let mut block = Block::default();
    for (at, step) in bytes.as_chunks::<16>().0.iter().enumerate() {
        // SAFETY: the load reads the sixteen bytes of `step` and needs no alignment; SSE2 is part of the target.
        let [quotes, commas, brackets, odd] = unsafe {
            let word = _mm_loadu_si128(step.as_ptr().cast());
            let is = |byte: u8| _mm_cmpeq_epi8(word, _mm_set1_epi8(byte as i8));
            // A square bracket becomes a curly one with this bit.
            let curly = _mm_or_si128(word, _mm_set1_epi8(0x20));
            let is_curly = |byte: u8| _mm_cmpeq_epi8(curly, _mm_set1_epi8(byte as i8));
            let brackets = _mm_or_si128(is_curly(b'{'), is_curly(b'}'));
            [is(b'"'), is(b','), brackets, _mm_or_si128(is(b'\\'), is(b'\n'))].map(|mask| _mm_movemask_epi8(mask))
        };
        let place = |mask: i32| u64::from(mask as u32) << (16 * at);
        block.quotes |= place(quotes);
        block.commas |= place(commas);
        block.brackets |= place(brackets);
        block.odd |= place(odd);
    }
    block
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) use look_at_each as look;

/// Elsewhere: byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
pub(super) fn look_at_each(bytes: &[u8; BLOCK]) -> Block {
    let mut block = Block::default();
    for (at, byte) in bytes.iter().enumerate() {
        let bit = 1 << at;
        match byte {
            b'"' => block.quotes |= bit,
            b',' => block.commas |= bit,
            b'[' | b']' | b'{' | b'}' => block.brackets |= bit,
            b'\\' | b'\n' => block.odd |= bit,
            _ => {}
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_is_seen_as_what_it_is() {
        for byte in 0..=u8::MAX {
            let bytes = [byte; BLOCK];
            assert_eq!(look(&bytes), look_at_each(&bytes), "{byte}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_to_look_agree(bytes in proptest::array::uniform32(any::<[u8; 2]>())) {
            let bytes: [u8; BLOCK] = bytes.concat().try_into().unwrap_or([0; BLOCK]);
            prop_assert_eq!(look(&bytes), look_at_each(&bytes));
        }
    }

    #[test]
    fn strings_begin_with_their_quote_and_end_before_it() {
        let block = Block { quotes: 0b10010100, ..Block::default() };
        assert_eq!(block.strings(0) & 0xff, 0b10001100);
        assert_eq!(block.strings(u64::MAX) & 0xff, 0b01110011);
    }
}
