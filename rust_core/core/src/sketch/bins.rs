//! The bins: exact zero, below 1 ms, log bins over [1 ms, 1 h), and the rest.
//!
//! ```text
//! bin  0   1          2                3                 …  379            380
//! µs   0   [1,1000)   [1000, 1000·γ)   [1000·γ, 1000·γ²)    [1000·γ³⁷⁷,1h)  [1h, ∞)     γ = 51/49
//! ```
//! γ = (1+α)/(1−α) with α = 2 %. The thresholds are integers made by integer arithmetic at compile time, so a value
//! falls into the same bin on every machine.

/// Index of a bin.
pub type Bin = u16;

/// Values of exactly zero.
const ZERO: Bin = 0;
/// Values above zero and below [`LOG_START_US`].
const BELOW: Bin = 1;
/// First log bin.
const FIRST: Bin = 2;
/// Log bins between one millisecond and one hour: 1000 · γ³⁷⁸ is the first power beyond an hour.
const LOG_BINS: usize = 378;
/// Values of an hour and more.
const ABOVE: Bin = FIRST + LOG_BINS as Bin;
/// Number of bins.
pub const BINS: usize = ABOVE as usize + 1;

/// Lower bound of the log bins.
const LOG_START_US: u64 = 1_000;
/// Upper bound of the log bins.
const LOG_END_US: u64 = 3_600_000_000;

/// `THRESHOLDS[i]` is the smallest integer in log bin `i`; one more closes the last.
const THRESHOLDS: [u32; LOG_BINS + 1] = thresholds();

const fn thresholds() -> [u32; LOG_BINS + 1] {
    let mut table = [0; LOG_BINS + 1];
    // 64 bits of fraction: what 378 roundings lose stays below 1e-10 µs, and 51 · 3.6e9 · 2⁶⁴ fits.
    let mut power: u128 = (LOG_START_US as u128) << 64;
    let mut i = 0;
    while i < LOG_BINS {
        table[i] = ((power + (1 << 64) - 1) >> 64) as u32;
        power = power * 51 / 49;
        i += 1;
    }
    table[LOG_BINS] = LOG_END_US as u32;
    table
}

/// Each octave is cut into 32 equal steps, each narrower than a bin, so a step meets at most one threshold.
const STEPS_LOG2: u32 = 5;
/// The octave of [`LOG_START_US`]: 512 ≤ 1000 < 1024.
const FIRST_OCTAVE: u32 = 9;
const STEPS: usize = (32 - FIRST_OCTAVE as usize) << STEPS_LOG2;

/// Log bin of the smallest value of each step.
const BIN_OF_STEP: [u16; STEPS] = bin_of_step();

const fn bin_of_step() -> [u16; STEPS] {
    let mut table = [0; STEPS];
    let mut step = 0;
    while step < STEPS {
        let octave = FIRST_OCTAVE + (step >> STEPS_LOG2) as u32;
        let steps = 1 << STEPS_LOG2;
        let low = ((steps + step as u64 % steps) << octave) >> STEPS_LOG2;
        let mut bin = 0;
        while bin + 1 < LOG_BINS && THRESHOLDS[bin + 1] as u64 <= low {
            bin += 1;
        }
        table[step] = bin as u16;
        step += 1;
    }
    table
}

/// The bin of a value in microseconds.
#[inline]
pub fn bin_of(value_us: u64) -> Bin {
    if value_us < LOG_START_US {
        return if value_us == 0 { ZERO } else { BELOW };
    }
    if value_us >= LOG_END_US {
        return ABOVE;
    }
    let octave = 63 - value_us.leading_zeros();
    let step = (value_us >> (octave - STEPS_LOG2)) & ((1 << STEPS_LOG2) - 1);
    let bin = BIN_OF_STEP[(((octave - FIRST_OCTAVE) as usize) << STEPS_LOG2) + step as usize];
    FIRST + bin + u16::from(value_us >= u64::from(THRESHOLDS[bin as usize + 1]))
}

/// The value that stands for a bin: for a log bin at most 2 % from every value in it; for the bin below 1 ms its
/// middle; for the last one its lower bound.
pub fn value_of(bin: Bin) -> f64 {
    match bin {
        ZERO => 0.0,
        BELOW => LOG_START_US as f64 / 2.0,
        ABOVE.. => LOG_END_US as f64,
        // Between lo and γ·lo the value lo·(1+α) is off by at most α on either side; the hour cuts the last one short.
        _ => (LOG_START_US as f64 * 1.02 * (51.0_f64 / 49.0).powi(i32::from(bin - FIRST))).min(LOG_END_US as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow_bin_of(value: u64) -> Bin {
        match value {
            0 => ZERO,
            1..LOG_START_US => BELOW,
            LOG_END_US.. => ABOVE,
            _ => FIRST + (THRESHOLDS.iter().filter(|t| u64::from(**t) <= value).count() - 1) as u16,
        }
    }

    #[test]
    fn the_log_bins_end_at_the_first_power_beyond_an_hour() {
        let top = 1000.0 * (51.0_f64 / 49.0).powi(LOG_BINS as i32);
        assert!(top >= LOG_END_US as f64 && top / (51.0 / 49.0) < LOG_END_US as f64);
        assert!(THRESHOLDS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn the_fast_bin_equals_a_search_at_every_border() {
        let borders = THRESHOLDS.iter().map(|t| u64::from(*t)).chain((0..42).map(|e| 1 << e)).chain([0, 1, u64::MAX]);
        for border in borders {
            for value in border.saturating_sub(2)..=border.saturating_add(2) {
                assert_eq!(bin_of(value), slow_bin_of(value), "{value}");
            }
        }
    }

    #[test]
    fn the_thresholds_are_the_published_ones() {
        assert_eq!(THRESHOLDS[..5], [1000, 1041, 1084, 1128, 1174]);
        assert_eq!(THRESHOLDS[LOG_BINS - 1], 3_548_413_462);
    }
}
