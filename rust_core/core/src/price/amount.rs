//! Exact money: decimal text into integers of 10⁻²⁴ USD, and the one rounding.

use super::source::Fault;

/// Decimal places of a unit price: 18 of USD per million, and six of the million.
const PLACES: usize = 24;
/// 10⁻²⁴ USD in a pico-USD.
pub const FINE_PER_PICO: i128 = 1_000_000_000_000;
/// Largest unit price, $100: nine kinds of 10⁹ tokens at it stay below the end of i128.
const UNIT_PRICE_MAX: i128 = 100 * 10i128.pow(PLACES as u32);

/// The price of one unit in 10⁻²⁴ USD, from USD for `per` units as plain decimal text.
pub fn unit_price(text: &str, per: u64) -> Result<i128, Fault> {
    let unreadable = || format!("the price {text:?} is not a plain decimal number");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || fraction.len() > PLACES {
        return Err(unreadable());
    }
    let digits: i128 = format!("{whole}{fraction}").parse().map_err(|_| unreadable())?;
    let scaled = digits.checked_mul(10i128.pow((PLACES - fraction.len()) as u32)).ok_or_else(unreadable)?;
    let per = i128::from(per);
    if per == 0 || scaled % per != 0 {
        return Err(format!("the price {text:?} for {per} units is not exact in 10^-24 USD a unit"));
    }
    let unit = scaled / per;
    if unit > UNIT_PRICE_MAX {
        return Err(format!("the price {text:?} for {per} units is above the bound of $100 a unit"));
    }
    Ok(unit)
}

/// A non-negative amount of 10⁻²⁴ USD in whole pico-USD, half to even.
pub fn round_half_even(fine: i128) -> i128 {
    let (whole, rest) = (fine / FINE_PER_PICO, fine % FINE_PER_PICO);
    let half = FINE_PER_PICO / 2;
    whole + i128::from(rest > half || (rest == half && whole % 2 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let half = FINE_PER_PICO / 2;
        let cases = [(0, 0), (half, 0), (half + 1, 1), (3 * half, 2), (5 * half, 2), (5 * half - 1, 2), (7 * half, 4)];
        for (fine, pico) in cases {
            assert_eq!(round_half_even(fine), pico, "{fine}");
        }
    }

    #[test]
    fn eighteen_places_a_million_are_exact() {
        assert_eq!(unit_price("2.5", 1_000_000), Ok(2_500_000 * FINE_PER_PICO));
        assert_eq!(unit_price("0.000000000000000001", 1_000_000), Ok(1));
        assert_eq!(unit_price("10", 1000), Ok(10_000_000_000 * FINE_PER_PICO));
    }

    #[test]
    fn refuses_what_is_not_exact_not_plain_or_out_of_bounds() {
        for text in ["0.0000000000000000001", "1e3", "-1", "", ".5", "1.2.3", "1 ", "NaN", "100000001"] {
            assert!(unit_price(text, 1_000_000).is_err(), "{text}");
        }
        assert!(unit_price("1", 3).is_err());
        assert!(unit_price("1", 0).is_err());
    }
}
