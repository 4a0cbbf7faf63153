//! Where a text ends, guessed from the text that the same key had before.
//!
//! Finding the end of a text takes a dozen cycles, and the next key cannot be looked at before. Where all texts of a key
//! have one length (times, hexadecimal ids), the processor may go on with that length and check it on the way. Where
//! lengths change, a wrong guess costs more than waiting; such keys are soon not guessed any more.

use super::scan::{STEPS, string_stop, string_stops};

/// Wrong guesses after which a key is not guessed any more.
const MISSES_MAX: u32 = 16;

/// What is known of the texts of one key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    /// Bits up to the one of the expected end. Without an expectation none, which no text fulfils.
    mask: u32,
    /// The bit of the expected end.
    end: u32,
    length: usize,
    misses: u32,
}

impl Default for Ending {
    fn default() -> Ending {
        Ending { mask: 0, end: 1, length: 0, misses: 0 }
    }
}

impl Ending {
    /// What [`string_stop`] says of the beginning of `rest`.
    #[inline(always)]
    pub(super) fn of(&mut self, rest: &[u8]) -> usize {
        let Some(head) = rest.first_chunk::<STEPS>() else {
            return string_stop(rest, 0);
        };
        let stops = string_stops(head);
        if stops & self.mask == self.end {
            return self.length;
        }
        if stops == 0 {
            return string_stop(rest, STEPS);
        }
        if self.misses < MISSES_MAX {
            self.learn(stops);
        }
        stops.trailing_zeros() as usize
    }

    #[cold]
    fn learn(&mut self, stops: u32) {
        let misses = self.misses + 1;
        *self = if misses == MISSES_MAX {
            Ending { misses, ..Ending::default() }
        } else {
            let end = stops & stops.wrapping_neg();
            Ending { mask: end | (end - 1), end, length: stops.trailing_zeros() as usize, misses }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_end_is_that_of_a_scan_whatever_was_learnt(texts in proptest::collection::vec("[a\"]{0,3}[a-z]{0,70}\"?[a\"]{0,40}", 1..60)) {
            let mut ending = Ending::default();
            for text in texts {
                prop_assert_eq!(ending.of(text.as_bytes()), string_stop(text.as_bytes(), 0), "{}", text);
            }
        }
    }
}
