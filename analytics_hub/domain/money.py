"""Money as integer pico-USD (10^-12 USD) and its exact decimal spelling. Nothing here rounds but estimates.

Costs leave the product as decimal strings in USD: a JSON number would pass through binary floats at the
reader. Prices become pico-USD per token in the Rust core (`rust_core/core/src/price`), with the one rounding
rule there.
"""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import NewType

PicoUsd = NewType("PicoUsd", int)
"""A signed amount of money in 10^-12 USD."""

PICO_PER_USD = 10**12
_MICRO_PER_USD = 10**6
_PLACES = 12
_DIGITS = f"%0{_PLACES + 1}d"  # one before the point at least
# Two places at least, because amounts are read by people too; every digit past them only where it is not
# zero.
_PLACES_MIN = 2


def usd_from_pico(pico: int) -> str:
    """The exact decimal string in USD: 1_500_000_000_000 -> "1.50", 3_000_000 -> "0.000003"."""
    digits = _DIGITS % abs(pico)
    kept = digits[-_PLACES:].rstrip("0")
    if len(kept) < _PLACES_MIN:
        kept = kept.ljust(_PLACES_MIN, "0")
    return f"{'-' if pico < 0 else ''}{digits[:-_PLACES]}.{kept}"


def pico_from_usd(usd: str) -> PicoUsd:
    """The exact amount of a decimal string. Raises ValueError for anything finer than a pico-USD or not
    finite.
    """
    try:
        amount = Decimal(usd)
    except InvalidOperation as error:
        raise ValueError(f"not a decimal amount: {usd!r}") from error
    if not amount.is_finite():
        raise ValueError(f"not a finite amount: {usd!r}")
    sign, digits, exponent = amount.as_tuple()
    if not isinstance(exponent, int) or abs(exponent) > 2 * _PLACES or len(digits) > 4 * _PLACES:
        raise ValueError(f"an amount out of range: {usd!r}")
    unscaled = int("".join(map(str, digits)))
    power = exponent + _PLACES
    pico, rest = (unscaled * 10**power, 0) if power >= 0 else divmod(unscaled, 10**-power)
    if rest:
        raise ValueError(f"finer than a pico-USD: {usd!r}")
    return PicoUsd(-pico if sign else pico)


def estimated_usd(amount: float | Decimal) -> str:
    """The spelling of what a model expects, finite, to the millionth of a dollar, half-even."""
    return usd_from_pico(round(Fraction(amount) * _MICRO_PER_USD) * (PICO_PER_USD // _MICRO_PER_USD))
