"""Sketches through the Python door: what a query and the closer rely on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rust_core

_HOUR_US = 3_600_000_000
_latencies = st.lists(st.integers(0, 0) | st.integers(1_000, _HOUR_US - 1), min_size=1, max_size=100)


@given(_latencies, st.floats(0, 1))
def test_a_quantile_is_within_two_percent_of_the_exact_one(values: list[int], q: float) -> None:
    (got,) = rust_core.sketch_quantiles(rust_core.sketch_encode(values), [q])
    exact = sorted(values)[max(math.ceil(q * len(values)), 1) - 1]
    assert got is not None
    assert abs(got - exact) <= 0.02 * exact * (1 + 1e-9)


@given(_latencies, _latencies)
def test_concatenated_sketches_are_a_merged_one(left: list[int], right: list[int]) -> None:
    a, b = rust_core.sketch_encode(left), rust_core.sketch_encode(right)
    assert (
        rust_core.sketch_merge([a + b])
        == rust_core.sketch_merge([b, a])
        == rust_core.sketch_encode(left + right)
    )
    assert rust_core.sketch_count(a + b) == len(left) + len(right)


def test_an_empty_sketch_has_no_quantiles() -> None:
    assert rust_core.sketch_encode([]) == b""
    assert rust_core.sketch_quantiles(b"", [0.5, 0.99]) == [None, None]


@pytest.mark.parametrize("blob", [b"\x02\x10\x02", b"\x10\x02", b"\x01\x10", b"\x01\xff"])
def test_bytes_that_are_no_sketch_raise_a_sketch_error(blob: bytes) -> None:
    with pytest.raises(rust_core.SketchError):
        rust_core.sketch_merge([blob])


def test_a_negative_count_raises_when_asked_for_quantiles() -> None:
    negative = b"\x01\x10\x01"
    assert rust_core.sketch_count(negative) == -1
    with pytest.raises(rust_core.SketchError, match="bin 0"):
        rust_core.sketch_quantiles(negative, [0.5])


def test_a_quantile_beyond_one_raises() -> None:
    with pytest.raises(rust_core.SketchError, match="between 0 and 1"):
        rust_core.sketch_quantiles(rust_core.sketch_encode([1]), [1.01])
