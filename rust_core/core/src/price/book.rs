//! The compiled price book: look-up by names, cached, from any number of threads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::cards::{CardFacts, CardSet};
use super::clause::{Clause, ClauseSource};
use super::lookup::{self, Names};
use super::source::{BookSource, ModelSource, PriceBookError, UnitsSource, at_place};

/// Name pairs remembered, found or not; when full, all are forgotten (names from a client must not fill the memory).
const REMEMBERED_MAX: usize = 65_536;
/// The service tier whose requests count as processed in batches.
const BATCH_TIER: &str = "batch";

/// What a pair of names means.
#[derive(Clone, Debug)]
pub struct Found {
    /// The provider that was asked.
    pub provider: Arc<str>,
    /// Its cards; they may be those of a provider it falls back to.
    pub cards: Arc<CardSet>,
}

/// One card as a row, for keeping beside the events that it priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRow {
    /// Its id.
    pub price_id: i64,
    /// Provider that lists it.
    pub provider: Arc<str>,
    /// Model id.
    pub model: Arc<str>,
    /// Days since 1970-01-01.
    pub valid_from_day: Option<i32>,
    /// Prices by key, as JSON.
    pub prices: Box<str>,
}

/// The cards of a model: for any request, and for those service tiers that have overrides.
#[derive(Debug)]
struct Model {
    any: Arc<CardSet>,
    tiers: BTreeMap<Box<str>, Arc<CardSet>>,
}

/// Provider, model and service tier in one text, parted by a byte that no decoded text has.
type Remembered = HashMap<Box<str>, Option<Found>, FixedState>;

/// The compiled price book.
#[derive(Debug)]
pub struct PriceBook {
    version: String,
    ids: Box<[Arc<str>]>,
    names: Box<[Names]>,
    models: Box<[Box<[Model]>]>,
    remembered: RwLock<Remembered>,
}

impl PriceBook {
    /// Compile the JSON of a price list.
    pub fn compile(source_json: &[u8]) -> Result<PriceBook, PriceBookError> {
        let source: BookSource = serde_json::from_slice(source_json)?;
        let ids: Box<[Arc<str>]> = source.providers.iter().map(|provider| provider.id.as_str().into()).collect();
        let mut names = Vec::with_capacity(ids.len());
        let mut models = Vec::with_capacity(ids.len());
        for (provider, id) in source.providers.iter().zip(&ids) {
            let clause = |source: &Option<ClauseSource>| source.as_ref().map(Clause::compile).transpose();
            let place = || format!("provider {id}");
            let of_model = |model: &ModelSource| format!("provider {id}, model {}", model.id);
            let patterns =
                provider.models.iter().map(|model| at_place(Clause::compile(&model.matches), || of_model(model)));
            // A fall-back that the list does not have is skipped, as the data set's own look-up does.
            let fallback = provider.fallback.iter().filter_map(|name| ids.iter().position(|id| **id == **name));
            names.push(Names {
                id: provider.id.as_str().into(),
                provider_match: at_place(clause(&provider.provider_match), place)?,
                model_match: at_place(clause(&provider.model_match), place)?,
                fallback: fallback.collect(),
                models: patterns.collect::<Result<_, _>>()?,
            });
            let compiled =
                provider.models.iter().map(|model| at_place(Model::new(id, model, &source.units), || of_model(model)));
            models.push(compiled.collect::<Result<_, _>>()?);
        }
        Ok(PriceBook {
            version: source.version,
            ids,
            names: names.into(),
            models: models.into(),
            remembered: RwLock::default(),
        })
    }

    /// Name of the release and hash of its content.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many models have cards.
    pub fn len(&self) -> usize {
        self.models.iter().map(|models| models.len()).sum()
    }

    /// No model has a card.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cards that a provider name (or none), a model name and a service tier (or none) mean.
    pub fn find(&self, provider: &str, model: &str, service_tier: &str) -> Option<Found> {
        let key = [provider, model, service_tier].join("\0");
        {
            let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = remembered.get(key.as_str()) {
                return found.clone();
            }
        }
        let found = self.look_up(provider, model, service_tier);
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(key.into(), found.clone());
        found
    }

    /// Every card once, by id.
    pub fn rows(&self) -> Vec<CardRow> {
        let mut rows: BTreeMap<i64, CardRow> = BTreeMap::new();
        for set in
            self.models.iter().flatten().flat_map(|model| std::iter::once(&model.any).chain(model.tiers.values()))
        {
            for (card, CardFacts { valid_from_day, prices }) in set.facts() {
                rows.entry(card.price_id).or_insert_with(|| CardRow {
                    price_id: card.price_id,
                    provider: set.owner.clone(),
                    model: set.model.clone(),
                    valid_from_day: *valid_from_day,
                    prices: prices.clone(),
                });
            }
        }
        rows.into_values().collect()
    }

    fn look_up(&self, provider: &str, model: &str, service_tier: &str) -> Option<Found> {
        let place = lookup::find(&self.names, provider, model)?;
        let model = &self.models[place.owner][place.model];
        // Overrides hold with the provider that lists them, not with one that falls back to it.
        let tier = model.tiers.get(service_tier).filter(|_| place.provider == place.owner);
        Some(Found { provider: self.ids[place.provider].clone(), cards: tier.unwrap_or(&model.any).clone() })
    }
}

impl Model {
    fn new(owner: &Arc<str>, model: &ModelSource, units: &UnitsSource) -> Result<Model, String> {
        let mut tiers: BTreeSet<&str> = BTreeSet::new();
        for variant in &model.variants {
            tiers.extend(variant.when.get("service_tier").map(String::as_str));
            tiers.extend(variant.when.get("processing").filter(|value| *value == BATCH_TIER).map(|_| BATCH_TIER));
        }
        let of_tier = |tier: &str| {
            let mut context = BTreeMap::from([("service_tier", tier)]);
            if tier == BATCH_TIER {
                context.insert("processing", BATCH_TIER);
            }
            Ok((tier.into(), Arc::new(CardSet::new(owner, model, &context, units)?)))
        };
        Ok(Model {
            any: Arc::new(CardSet::new(owner, model, &BTreeMap::new(), units)?),
            tiers: tiers.into_iter().map(of_tier).collect::<Result<_, String>>()?,
        })
    }
}
