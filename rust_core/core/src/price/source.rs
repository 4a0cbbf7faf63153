//! The price list as it comes in (JSON), before it is compiled.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::clause::ClauseSource;

/// Why a price list cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum PriceBookError {
    /// The text is not the JSON that the compiler writes.
    #[error("the price book is not readable: {0}")]
    Json(#[from] serde_json::Error),
    /// A price, a unit, a pattern or a fall-back that cannot be used.
    #[error("{place}: {fault}")]
    Invalid {
        /// Provider and model, or the part of the file.
        place: String,
        /// What is wrong with it.
        fault: String,
    },
}

/// The fault of a part whose place the caller adds.
pub type Fault = String;

/// Put the place to a fault.
pub fn at_place<T>(found: Result<T, Fault>, place: impl Fn() -> String) -> Result<T, PriceBookError> {
    found.map_err(|fault| PriceBookError::Invalid { place: place(), fault })
}

/// The whole list.
#[derive(Debug, Deserialize)]
pub struct BookSource {
    /// Name of the release and hash of its content.
    pub version: String,
    /// Which units charge what.
    pub units: UnitsSource,
    /// In the order in which they are tried.
    pub providers: Vec<ProviderSource>,
}

/// Which price keys charge what.
#[derive(Debug, Deserialize)]
pub struct UnitsSource {
    /// Token column → price keys that charge it, the most specific first.
    pub kinds: BTreeMap<String, Vec<String>>,
    /// Price keys that charge a web search.
    pub web_searches: Vec<String>,
    /// Price keys that charge the request itself.
    pub requests: Vec<String>,
    /// Price key → how many units its price is for.
    pub per: BTreeMap<String, u64>,
}

/// Who serves models.
#[derive(Debug, Deserialize)]
pub struct ProviderSource {
    /// Its id.
    pub id: String,
    /// Which provider names mean it.
    pub provider_match: Option<ClauseSource>,
    /// Which model names mean it when no provider is named.
    pub model_match: Option<ClauseSource>,
    /// Providers whose models it serves too.
    pub fallback: Vec<String>,
    /// In the order in which they are tried.
    pub models: Vec<ModelSource>,
}

/// A model and its price cards.
#[derive(Debug, Deserialize)]
pub struct ModelSource {
    /// Its id.
    pub id: String,
    /// Which model names mean it.
    #[serde(rename = "match")]
    pub matches: ClauseSource,
    /// The last one in force counts, the first one when none is.
    pub cards: Vec<CardSource>,
    /// Overrides by request context, the first one in force counts for each price key.
    pub variants: Vec<VariantSource>,
}

/// Prices and when they are in force.
#[derive(Debug, Deserialize)]
pub struct CardSource {
    /// Always in force when absent.
    pub constraint: Option<ConstraintSource>,
    /// By price key.
    pub prices: Prices,
}

/// Overrides for requests of a kind.
#[derive(Debug, Deserialize)]
pub struct VariantSource {
    /// Every entry must equal the request's.
    pub when: BTreeMap<String, String>,
    /// Always in force when absent.
    pub constraint: Option<ConstraintSource>,
    /// By price key.
    pub prices: Prices,
}

/// When a card is in force.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintSource {
    /// From 00:00 UTC of a day, in days since 1970-01-01.
    FromDay(i32),
    /// Daily, in microseconds since 00:00 UTC, half open; the end before the start wraps midnight.
    DailyUs(i64, i64),
}

/// USD for the key's number of units, as decimal text, by price key.
pub type Prices = BTreeMap<String, PriceSource>;

/// One price: flat, or by the total of input tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum PriceSource {
    /// The same for every request.
    Flat(String),
    /// The tier with the highest start below the request's input tokens charges the whole request.
    Tiered {
        /// Below every tier.
        base: String,
        /// Start and price, ascending.
        tiers: Vec<(u64, String)>,
    },
}
