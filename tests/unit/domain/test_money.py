"""Money is spelled exactly and read exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.money import pico_from_usd, usd_from_pico


@pytest.mark.parametrize(
    ("pico", "usd"),
    [
        (0, "0.00"),
        (1, "0.000000000001"),
        (3_000_000, "0.000003"),
        (1_500_000_000_000, "1.50"),
        (-1_500_000_000_000, "-1.50"),
        (-1, "-0.000000000001"),
        (10**30, "1000000000000000000.00"),
        (12_345_678_901_234, "12.345678901234"),
    ],
)
def test_an_amount_is_spelled_without_rounding(pico: int, usd: str) -> None:
    assert usd_from_pico(pico) == usd


@given(st.integers(-(10**27), 10**27))
def test_reading_what_was_spelled_is_identity(pico: int) -> None:
    assert pico_from_usd(usd_from_pico(pico)) == pico


@pytest.mark.parametrize("usd", ["1e-12", "0.000000000001", "+1", "1E3"])
def test_other_spellings_of_exact_amounts_are_read(usd: str) -> None:
    assert pico_from_usd(usd) == int(float(usd) * 10**12)


@pytest.mark.parametrize(
    "usd", ["", "x", "NaN", "Infinity", "1e-13", "1e999999", "1e-999999", "0." + "1" * 60]
)
def test_what_is_no_exact_amount_is_refused(usd: str) -> None:
    with pytest.raises(ValueError, match=r"amount|finer"):
        pico_from_usd(usd)
