//! Price a batch: cards are looked up once for each series, validity once for each row where it matters.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::book::{Found, PriceBook};
use crate::batch::{ABSENT_I64, Batch, Row};
use crate::limits::COST_PICO_USD_MAX;
use crate::reject::Code;
use crate::series_list::SeriesList;
use crate::tokens::{COST_LINES, CostStatus, LINE_OTHER};

/// Places of provider, model and service tier among the series dimensions.
const PROVIDER: usize = 0;
const MODEL: usize = 2;
const SERVICE_TIER: usize = 4;

/// Fill cost, cost status, price id and unpriced tokens of every row. Rows whose cost is out of range leave the batch
/// as rejects. Pricing again gives the same.
pub fn price_batch(book: &PriceBook, batch: &mut Batch) {
    let (of_series, found) = resolve(book, &batch.series);
    let mut refused = Vec::new();
    for (at, row) in batch.rows.iter_mut().enumerate() {
        let found = &found[of_series[row.series as usize] as usize];
        if !price_row(found.as_ref(), row) {
            refused.push(at);
        }
    }
    if !refused.is_empty() {
        // The indices were counted a moment ago, so none is out of range.
        let _ = batch.poison_rows(&refused, Code::CostOutOfRange, "");
    }
}

/// For each series an index into what its names mean. Many series share few models, so each distinct set of names asks
/// the book (and its lock) once. The names are compared with what stands between them, as bytes in one piece.
fn resolve(book: &PriceBook, series: &SeriesList) -> (Vec<u32>, Vec<Option<Found>>) {
    let mut known: HashMap<&[u8], u32, FixedState> = HashMap::default();
    let mut found = Vec::new();
    let of_series = (0..series.len()).map(|index| {
        *known.entry(series.first_dimensions(index, SERVICE_TIER + 1)).or_insert_with(|| {
            let [provider, model, tier] = [PROVIDER, MODEL, SERVICE_TIER].map(|at| series.dimension(index, at));
            found.push(book.find(provider, model, tier));
            found.len() as u32 - 1
        })
    });
    (of_series.collect(), found)
}

/// Price one row; false when its cost is out of range (it then says unpriced).
#[inline]
fn price_row(found: Option<&Found>, row: &mut Row) -> bool {
    row.cost = [0; COST_LINES];
    row.price_id = 0;
    row.unpriced_tokens = 0;
    row.cost_status = CostStatus::Unpriced;
    if row.reported_cost_pico_usd != ABSENT_I64 {
        row.cost_status = CostStatus::ProviderReported;
        row.cost[LINE_OTHER] = row.reported_cost_pico_usd;
        return row.reported_cost_pico_usd.unsigned_abs() <= COST_PICO_USD_MAX;
    }
    let Some(found) = found else {
        row.unpriced_tokens = row.tokens.iter().map(|count| u64::from(*count)).sum();
        return true;
    };
    let card = found.cards.at(row.ts_us);
    let charge = card.charge(&row.tokens, row.web_searches);
    row.price_id = card.price_id;
    row.unpriced_tokens = charge.unpriced_tokens;
    if charge.lines.iter().sum::<i128>() > i128::from(COST_PICO_USD_MAX) {
        return false;
    }
    row.cost = charge.lines.map(|line| line as i64);
    row.cost_status = match charge.status {
        CostStatus::Priced if row.estimated => CostStatus::Estimated,
        status => status,
    };
    true
}
