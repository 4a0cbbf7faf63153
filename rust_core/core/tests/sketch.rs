//! Sketches: the promises that the rest builds on.
#![allow(missing_docs, clippy::unwrap_used)]

use hub_core::sketch::{BINS, SketchError, bin_of, count, encode_values, merge, quantiles, value_of};
use proptest::prelude::*;

const ALPHA: f64 = 0.02;

fn value() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0u64), 1..1_000u64, 1_000..3_600_000_000u64, 3_600_000_000..1u64 << 42]
}

fn blob() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(value(), 0..50).prop_map(|values| encode_values(&values))
}

/// The blob that takes `blob` back, written independently of the encoder: a positive count n is stored as 2n, -n as
/// 2n - 1. Counts of these tests fit into one byte.
fn taken_back(blob: &[u8]) -> Vec<u8> {
    let mut out = blob.to_vec();
    let mut at = 1;
    while at < out.len() {
        while out[at] >= 0x80 {
            at += 1;
        }
        out[at + 1] -= 1;
        at += 2;
    }
    out
}

proptest! {
    #[test]
    fn a_quantile_is_within_two_percent_of_the_exact_nearest_rank(
        mut values in proptest::collection::vec(prop_oneof![1 => Just(0u64), 9 => 1_000..3_600_000_000u64], 1..300),
        q in 0.0..=1.0f64,
    ) {
        let got = quantiles(&encode_values(&values), &[q]).unwrap()[0].unwrap();
        values.sort_unstable();
        let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len());
        let exact = values[rank - 1] as f64;
        prop_assert!((got - exact).abs() <= ALPHA * exact * (1.0 + 1e-9), "{got} is not near {exact}");
    }

    #[test]
    fn merging_does_not_depend_on_order_or_grouping(a in blob(), b in blob(), c in blob()) {
        let left = merge([&merge([&a[..], &b]).unwrap()[..], &c]).unwrap();
        let right = merge([&a[..], &merge([&c[..], &b]).unwrap()]).unwrap();
        prop_assert_eq!(left, right);
    }

    #[test]
    fn concatenation_is_merging(a in blob(), b in blob()) {
        let joined = [&a[..], &b].concat();
        prop_assert_eq!(merge([&joined[..]]).unwrap(), merge([&a[..], &b]).unwrap());
    }

    #[test]
    fn merging_sketches_is_sketching_all_values(a in proptest::collection::vec(value(), 0..50),
                                                b in proptest::collection::vec(value(), 0..50)) {
        let all: Vec<u64> = a.iter().chain(&b).copied().collect();
        prop_assert_eq!(merge([&encode_values(&a)[..], &encode_values(&b)]).unwrap(), encode_values(&all));
    }

    #[test]
    fn a_canonical_sketch_stays_as_it_is(a in blob()) {
        prop_assert_eq!(merge([&a[..]]).unwrap(), a);
    }

    #[test]
    fn signed_counts_cancel_to_the_empty_sketch(a in blob()) {
        prop_assert_eq!(merge([&a[..], &taken_back(&a)]).unwrap(), b"");
    }

    #[test]
    fn any_bytes_give_a_sketch_or_an_error_but_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = merge([&bytes[..]]);
        let _ = quantiles(&bytes, &[0.5]);
    }

    #[test]
    fn a_sketch_cut_within_a_pair_is_an_error_or_a_shorter_sketch(a in blob(), cut in 0..200usize) {
        let cut = cut.min(a.len());
        match merge([&a[..cut]]) {
            Ok(_) => prop_assert!(count(&a[..cut]).unwrap() <= count(&a).unwrap()),
            Err(error) => prop_assert_eq!(error, SketchError::Truncated),
        }
    }
}

#[test]
fn the_value_of_every_log_bin_lies_in_it() {
    // But for the last one, which the hour cuts short: its value is the hour itself.
    for bin in 2..BINS as u16 - 2 {
        assert_eq!(bin_of(value_of(bin).round() as u64), bin);
    }
}

#[test]
fn an_empty_sketch_has_no_bytes_and_no_quantiles() {
    assert_eq!(encode_values(&[]), b"");
    assert_eq!(quantiles(b"", &[0.0, 0.5, 1.0]), Ok(vec![None, None, None]));
    assert_eq!(count(b""), Ok(0));
}

#[test]
fn the_bytes_are_the_published_ones() {
    // Version 1; bin 0 twice; bin 2 (exactly 1 ms) once; bin 380 (an hour) once.
    let expected = [1, 16, 4, 18, 2, 0x80 | 12, 3, 2];
    assert_eq!(encode_values(&[0, 1_000, 0, 3_600_000_000]), expected);
}

#[test]
fn a_negative_count_after_the_merge_is_an_error_of_quantiles_only() {
    let negative = taken_back(&encode_values(&[5_000]));
    assert_eq!(merge([&negative[..]]).unwrap(), negative);
    assert_eq!(count(&negative), Ok(-1));
    assert!(matches!(quantiles(&negative, &[0.5]), Err(SketchError::NegativeCount { count: -1, .. })));
}

#[test]
fn what_is_not_a_sketch_says_so() {
    assert_eq!(count(&[2, 16, 2]), Err(SketchError::UnknownVersion { at: 0 }));
    assert_eq!(count(&[16, 2]), Err(SketchError::UnknownVersion { at: 0 }));
    assert_eq!(count(&[1, 16, 2, 7]), Err(SketchError::UnknownVersion { at: 3 }));
    assert_eq!(count(&[1, 16]), Err(SketchError::Truncated));
    assert_eq!(count(&[1, 0x80 | 13, 3, 2]), Err(SketchError::UnknownBin { bin: 381 }));
    assert_eq!(count(&[&[1u8, 16][..], &[0xff; 9], &[2]].concat()), Err(SketchError::TooLarge { at: 2 }));
}

#[test]
fn a_quantile_outside_of_zero_to_one_is_an_error() {
    assert_eq!(quantiles(&encode_values(&[1]), &[1.5]), Err(SketchError::QuantileOutOfRange));
    assert_eq!(quantiles(&encode_values(&[1]), &[f64::NAN]), Err(SketchError::QuantileOutOfRange));
}

#[test]
fn a_decimal_quantile_does_not_slip_to_the_next_rank() {
    let values: Vec<u64> = (1..=100).map(|i| i * 1_000_000).collect();
    let got = quantiles(&encode_values(&values), &[0.07]).unwrap()[0].unwrap();
    assert_eq!(bin_of(got.round() as u64), bin_of(7_000_000));
}
