//! Quantiles of a fully merged sketch, at nearest rank.

use super::bins::{Bin, value_of};
use super::encoding::Histogram;
use super::error::SketchError;

/// For each quantile the value in microseconds at rank ⌈q·n⌉ (at least 1), within 2 %; `None` for an empty sketch.
pub fn quantiles(blob: &[u8], wanted: &[f64]) -> Result<Vec<Option<f64>>, SketchError> {
    let mut histogram = Histogram::default();
    histogram.add_blob(blob, 1)?;
    let pairs: Vec<(Bin, i128)> = histogram.pairs().collect();
    if let Some((bin, count)) = pairs.iter().find(|(_, count)| *count < 0) {
        return Err(SketchError::NegativeCount { bin: *bin, count: i64::try_from(*count).unwrap_or(i64::MIN) });
    }
    wanted.iter().map(|q| quantile(&pairs, histogram.total(), *q)).collect()
}

fn quantile(pairs: &[(Bin, i128)], total: i128, q: f64) -> Result<Option<f64>, SketchError> {
    if !(0.0..=1.0).contains(&q) {
        return Err(SketchError::QuantileOutOfRange);
    }
    // 0.07 · 100 is a little more than 7 in binary; the factor keeps such a product from going up a rank.
    let rank = ((q * total as f64 * (1.0 - 1e-12)).ceil() as i128).clamp(1, total.max(1));
    let mut seen = 0;
    Ok(pairs.iter().find_map(|(bin, count)| {
        seen += count;
        (seen >= rank).then(|| value_of(*bin))
    }))
}
