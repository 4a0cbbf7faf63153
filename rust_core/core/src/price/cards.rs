//! The cards of a model for one request context, and which of them is in force at a moment.
//!
//! ```text
//! card index = base card in force × 2^k + one bit for each of the k conditional overrides in force
//! ```
//! Every combination is resolved when the book is compiled, so that pricing an event is a look at the clock, if at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::card::{Card, Resolved};
use super::source::{ConstraintSource, Fault, ModelSource, UnitsSource, VariantSource};
use super::validity::Validity;

/// Most conditional overrides of a model in one context: the cards double with each.
const CONDITIONS_MAX: usize = 8;

/// The cards of a model for one request context.
#[derive(Debug)]
pub struct CardSet {
    /// Provider that lists the prices.
    pub owner: Arc<str>,
    /// Model id.
    pub model: Arc<str>,
    bases: Box<[Validity]>,
    conditions: Box<[Validity]>,
    cards: Box<[Card]>,
    facts: Box<[CardFacts]>,
}

/// What a card says, for keeping beside the events.
#[derive(Clone, Debug)]
pub struct CardFacts {
    /// Latest start among what the card is made of, in days since 1970-01-01.
    pub valid_from_day: Option<i32>,
    /// Prices by key, as JSON.
    pub prices: Box<str>,
}

impl CardSet {
    /// The cards of a model for a context.
    pub fn new(
        owner: &Arc<str>,
        model: &ModelSource,
        context: &BTreeMap<&str, &str>,
        units: &UnitsSource,
    ) -> Result<CardSet, Fault> {
        let variants: Vec<&VariantSource> = model.variants.iter().filter(|variant| fits(variant, context)).collect();
        let conditions: Vec<usize> = (0..variants.len()).filter(|at| variants[*at].constraint.is_some()).collect();
        if conditions.len() > CONDITIONS_MAX || model.cards.is_empty() {
            return Err(format!("{} cards with {} conditional overrides", model.cards.len(), conditions.len()));
        }
        let mut cards = Vec::with_capacity(model.cards.len() << conditions.len());
        let mut facts = Vec::with_capacity(cards.capacity());
        for base in &model.cards {
            for mask in 0..1usize << conditions.len() {
                let is_on = |at: &usize| {
                    conditions.iter().position(|condition| condition == at).is_none_or(|bit| mask >> bit & 1 == 1)
                };
                let active: Vec<&VariantSource> = (0..variants.len()).filter(is_on).map(|at| variants[at]).collect();
                let mut prices: Resolved<'_> = base.prices.iter().map(|(key, price)| (key.as_str(), price)).collect();
                for variant in active.iter().rev() {
                    prices.extend(variant.prices.iter().map(|(key, price)| (key.as_str(), price)));
                }
                let constraints: Vec<ConstraintSource> =
                    base.constraint.into_iter().chain(active.iter().filter_map(|variant| variant.constraint)).collect();
                let content = serde_json::to_string(&prices).map_err(|error| error.to_string())?;
                let price_id = price_id(owner, &model.id, &constraints, &content)?;
                cards.push(Card::new(price_id, &prices, units)?);
                facts.push(CardFacts { valid_from_day: latest_day(&constraints), prices: content.into() });
            }
        }
        Ok(CardSet {
            owner: owner.clone(),
            model: model.id.as_str().into(),
            bases: model.cards.iter().map(|card| Validity::from_source(card.constraint)).collect(),
            conditions: conditions.iter().map(|at| Validity::from_source(variants[*at].constraint)).collect(),
            cards: cards.into(),
            facts: facts.into(),
        })
    }

    /// The card in force at a moment.
    #[inline]
    pub fn at(&self, ts_us: i64) -> &Card {
        if self.cards.len() == 1 { &self.cards[0] } else { &self.cards[self.index_at(ts_us)] }
    }

    /// Cards with what they say.
    pub fn facts(&self) -> impl Iterator<Item = (&Card, &CardFacts)> {
        self.cards.iter().zip(&self.facts)
    }

    fn index_at(&self, ts_us: i64) -> usize {
        let base = self.bases.iter().rposition(|validity| validity.holds(ts_us)).unwrap_or(0);
        let bits = self.conditions.iter().enumerate().map(|(bit, validity)| usize::from(validity.holds(ts_us)) << bit);
        (base << self.conditions.len()) + bits.sum::<usize>()
    }
}

fn fits(variant: &VariantSource, context: &BTreeMap<&str, &str>) -> bool {
    variant.when.iter().all(|(key, value)| context.get(key.as_str()) == Some(&value.as_str()))
}

fn latest_day(constraints: &[ConstraintSource]) -> Option<i32> {
    let days = constraints.iter().filter_map(|constraint| match constraint {
        ConstraintSource::FromDay(day) => Some(*day),
        ConstraintSource::DailyUs(..) => None,
    });
    days.max()
}

/// The id of a card: the same card has the same id in every book.
fn price_id(owner: &str, model: &str, constraints: &[ConstraintSource], prices: &str) -> Result<i64, Fault> {
    let constraints = serde_json::to_string(constraints).map_err(|error| error.to_string())?;
    let hash = xxh3_64([owner, model, &constraints, prices].join("\0").as_bytes());
    Ok(if hash == 0 { 1 } else { hash as i64 })
}
