//! A card: every price of a model in one state of the world, and what it makes of an event.

use std::collections::BTreeMap;

use super::amount::unit_price;
use super::rates::{Rates, UnitPrices};
use super::source::{Fault, PriceSource, UnitsSource};
use crate::tokens::{COST_LINES, CostStatus, TOKEN_COLUMNS, TOKEN_KINDS, Tokens};

/// First token kind that is no input.
const INPUT_KINDS: usize = 6;

/// Prices by key, as resolved from a card and its variants.
pub type Resolved<'a> = BTreeMap<&'a str, &'a PriceSource>;

/// Every price of a model in one state of the world.
#[derive(Clone, Debug)]
pub struct Card {
    /// Hash of provider, model, validity and prices; never 0.
    pub price_id: i64,
    /// Token kinds that have a price, one bit each.
    priced_kinds: u16,
    /// A web search has a price.
    prices_web_search: bool,
    /// The request itself has a price.
    prices_request: bool,
    /// By total of input tokens: the last level whose start is exceeded charges the whole request.
    levels: Box<[(u64, Rates)]>,
}

/// What an event came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Pico-USD by line; within i64 once the event's bound is checked.
    pub lines: [i128; COST_LINES],
    /// Priced, partial or unpriced.
    pub status: CostStatus,
    /// Tokens of the kinds that have no price.
    pub unpriced_tokens: u64,
}

impl Card {
    /// From resolved prices.
    pub fn new(price_id: i64, prices: &Resolved<'_>, units: &UnitsSource) -> Result<Card, Fault> {
        let mut starts = vec![0];
        for (key, price) in prices {
            if !units.per.contains_key(*key) {
                return Err(format!("the price key {key:?} is unknown"));
            }
            if let PriceSource::Tiered { tiers, .. } = price {
                if !tiers.is_sorted_by_key(|(start, _)| *start) {
                    return Err(format!("the tiers of {key:?} do not ascend"));
                }
                // A tier begins above its start, so the level is named by the first total that it charges.
                starts.extend(tiers.iter().map(|(start, _)| start.saturating_add(1)));
            }
        }
        starts.sort_unstable();
        starts.dedup();
        let first = |keys: &[String]| {
            keys.iter().find_map(|key| prices.get(key.as_str()).map(|price| (*price, units.per[key])))
        };
        let mut kinds = [None; TOKEN_KINDS];
        for (kind, column) in kinds.iter_mut().zip(TOKEN_COLUMNS) {
            let keys = units.kinds.get(column).ok_or_else(|| format!("no unit charges {column}"))?;
            *kind = first(keys);
        }
        let web_search = first(&units.web_searches);
        let request = first(&units.requests);
        let levels = starts.iter().map(|total| {
            let at =
                |found: Option<(&PriceSource, u64)>| found.map_or(Ok(0), |(price, per)| price_at(price, *total, per));
            let mut level = UnitPrices { web_search: at(web_search)?, request: at(request)?, ..UnitPrices::default() };
            for (out, kind) in level.kinds.iter_mut().zip(kinds) {
                *out = at(kind)?;
            }
            Ok((*total, Rates::new(&level)))
        });
        Ok(Card {
            price_id,
            priced_kinds: (0..TOKEN_KINDS).map(|kind| u16::from(kinds[kind].is_some()) << kind).sum(),
            prices_web_search: web_search.is_some(),
            prices_request: request.is_some(),
            levels: levels.collect::<Result<_, Fault>>()?,
        })
    }

    /// What an event of these counts came to.
    #[inline]
    pub fn charge(&self, tokens: &Tokens, web_searches: u32) -> Charge {
        let mut level = &self.levels[0].1;
        if self.levels.len() > 1 {
            let total: u64 = tokens[..INPUT_KINDS].iter().map(|count| u64::from(*count)).sum();
            for (from, rates) in &self.levels[1..] {
                if total >= *from {
                    level = rates;
                }
            }
        }
        let mut occurred = 0u16;
        for (kind, count) in tokens.iter().enumerate() {
            occurred |= u16::from(*count > 0) << kind;
        }
        let lines = level.charge(tokens, web_searches);
        let missing = occurred & !self.priced_kinds;
        let is_search_missing = web_searches > 0 && !self.prices_web_search;
        if missing == 0 && !is_search_missing && self.priced_kinds != 0 {
            return Charge { lines, status: CostStatus::Priced, unpriced_tokens: 0 };
        }
        let unpriced_tokens =
            (0..TOKEN_KINDS).filter(|kind| missing & (1 << kind) != 0).map(|kind| u64::from(tokens[kind])).sum();
        Charge { lines, status: self.status(occurred, missing, web_searches, is_search_missing), unpriced_tokens }
    }

    /// The status where something is missing, or where the card has no price for any token.
    #[cold]
    fn status(&self, occurred: u16, missing: u16, web_searches: u32, is_search_missing: bool) -> CostStatus {
        let is_search_priced = web_searches > 0 && !is_search_missing;
        let is_something_priced = occurred & self.priced_kinds != 0 || is_search_priced || self.prices_request;
        match (is_something_priced, missing != 0 || is_search_missing) {
            (true, true) => CostStatus::Partial,
            (true, false) => CostStatus::Priced,
            (false, _) => CostStatus::Unpriced,
        }
    }
}

/// The unit price for a total of input tokens.
fn price_at(price: &PriceSource, total: u64, per: u64) -> Result<i128, Fault> {
    match price {
        PriceSource::Flat(text) => unit_price(text, per),
        PriceSource::Tiered { base, tiers } => {
            let tier = tiers.iter().rev().find(|(start, _)| total > *start);
            unit_price(tier.map_or(base, |(_, text)| text), per)
        }
    }
}
