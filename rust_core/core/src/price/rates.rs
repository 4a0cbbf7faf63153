//! What one level of a card charges for a token vector.

use super::amount::{FINE_PER_PICO, round_half_even};
use crate::tokens::{COST_LINES, LINE_OF_KIND, LINE_OTHER, TOKEN_KINDS, Tokens};

/// Largest price of a token, in pico-USD, for sums of three kinds of 10⁹ tokens to stay within u64.
const WHOLE_TOKEN_MAX: i128 = u32::MAX as i128;
/// Largest price of a web search or a request, in pico-USD, likewise.
const WHOLE_CALL_MAX: i128 = 1_000_000_000_000;

/// Unit prices of a level, in 10⁻²⁴ USD; absent ones are 0 and not in the card's mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitPrices {
    /// By token kind.
    pub kinds: [i128; TOKEN_KINDS],
    /// Of a web search.
    pub web_search: i128,
    /// Of the request itself.
    pub request: i128,
}

/// Unit prices in the form that charges fastest.
#[derive(Clone, Debug)]
pub enum Rates {
    /// Every unit price is a whole number of pico-USD: nothing to round.
    Whole {
        /// By token kind, in pico-USD.
        kinds: [u64; TOKEN_KINDS],
        /// Of a web search.
        web_search: u64,
        /// Of the request.
        request: u64,
    },
    /// Anything else: exact sums in 10⁻²⁴ USD, rounded once a line.
    Fine(Box<UnitPrices>),
}

impl Rates {
    /// From exact unit prices.
    pub fn new(prices: &UnitPrices) -> Rates {
        let pico = |fine: &i128, max: i128| {
            let whole = fine / FINE_PER_PICO;
            (fine % FINE_PER_PICO == 0 && whole <= max).then_some(whole as u64)
        };
        let mut kinds = [0; TOKEN_KINDS];
        for (out, fine) in kinds.iter_mut().zip(&prices.kinds) {
            match pico(fine, WHOLE_TOKEN_MAX) {
                Some(whole) => *out = whole,
                None => return Rates::Fine(Box::new(*prices)),
            }
        }
        match (pico(&prices.web_search, WHOLE_CALL_MAX), pico(&prices.request, WHOLE_CALL_MAX)) {
            (Some(web_search), Some(request)) => Rates::Whole { kinds, web_search, request },
            _ => Rates::Fine(Box::new(*prices)),
        }
    }

    /// Pico-USD by line.
    #[inline]
    pub fn charge(&self, tokens: &Tokens, web_searches: u32) -> [i128; COST_LINES] {
        match self {
            Rates::Whole { kinds, web_search, request } => {
                let mut lines = [0u64; COST_LINES];
                for kind in 0..TOKEN_KINDS {
                    lines[LINE_OF_KIND[kind]] += u64::from(tokens[kind]) * kinds[kind];
                }
                lines[LINE_OTHER] = u64::from(web_searches) * web_search + request;
                lines.map(i128::from)
            }
            Rates::Fine(prices) => {
                let mut lines = [0i128; COST_LINES];
                for kind in 0..TOKEN_KINDS {
                    lines[LINE_OF_KIND[kind]] += i128::from(tokens[kind]) * prices.kinds[kind];
                }
                lines[LINE_OTHER] = i128::from(web_searches) * prices.web_search + prices.request;
                lines.map(round_half_even)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whole_rates_charge_what_exact_sums_do(
            pico in prop::array::uniform9(0u32..),
            calls in (0u64..WHOLE_CALL_MAX as u64, 0u64..WHOLE_CALL_MAX as u64),
            tokens in prop::array::uniform9(0u32..=1_000_000_000),
            web_searches in 0u32..=1_000_000,
        ) {
            let fine = |pico: u64| i128::from(pico) * FINE_PER_PICO;
            let prices = UnitPrices {
                kinds: pico.map(|pico| fine(u64::from(pico))),
                web_search: fine(calls.0),
                request: fine(calls.1),
            };
            let whole = Rates::new(&prices);
            let is_whole = matches!(whole, Rates::Whole { .. });
            prop_assert!(is_whole);
            let exact = Rates::Fine(Box::new(prices));
            prop_assert_eq!(whole.charge(&tokens, web_searches), exact.charge(&tokens, web_searches));
        }
    }

    #[test]
    fn a_rate_that_is_no_whole_pico_usd_or_very_large_is_kept_exact() {
        for fine in [1, FINE_PER_PICO + 1, (WHOLE_TOKEN_MAX + 1) * FINE_PER_PICO] {
            let mut prices = UnitPrices::default();
            prices.kinds[0] = fine;
            assert!(matches!(Rates::new(&prices), Rates::Fine(_)), "{fine}");
        }
    }
}
