"""The made-up hour: seeded, inside its hour, with the quantiles of the trace it imitates."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ingest.csv_trace import TraceMapping
from ingest.synthetic_trace import CODE, CONVERSATION, LEVELS, SyntheticTrace, TokenQuantiles

NOW = datetime(2026, 11, 5, 12, 0, 0, 123456, tzinfo=UTC)


def _trace(quantiles: TokenQuantiles, seed: int = 1) -> SyntheticTrace:
    return SyntheticTrace(quantiles, TraceMapping("openai", "gpt-4o", "chat"), NOW, seed=seed)


def test_the_same_seed_makes_the_same_hour() -> None:
    assert _trace(CODE).rows().equals(_trace(CODE).rows())
    assert not _trace(CODE).rows().equals(_trace(CODE, seed=2).rows())


@pytest.mark.parametrize("quantiles", [CODE, CONVERSATION])
def test_the_hour_ends_now_and_has_as_many_requests(quantiles: TokenQuantiles) -> None:
    rows = _trace(quantiles).rows()
    times = rows["TIMESTAMP"].str.to_datetime("%Y-%m-%d %H:%M:%S%.f").dt.replace_time_zone("UTC")
    assert rows.height == quantiles.requests
    assert times.max() == NOW
    first = times.min()
    assert isinstance(first, datetime)
    assert NOW - first < timedelta(hours=1)


@pytest.mark.parametrize("quantiles", [CODE, CONVERSATION])
def test_token_counts_have_the_quantiles_of_the_trace(quantiles: TokenQuantiles) -> None:
    rows = _trace(quantiles).rows()
    for column, expected in (
        ("ContextTokens", quantiles.input_tokens),
        ("GeneratedTokens", quantiles.output_tokens),
    ):
        values = rows[column].cast(pl.Int64)
        assert values.min() in range(expected[0], expected[1] + 1)
        for level, value in zip(LEVELS[2:-2], expected[2:-2], strict=True):
            assert values.quantile(level) == pytest.approx(value, rel=0.25, abs=3)


def test_every_row_is_an_event() -> None:
    assert sum(block.events for block in _trace(CODE).blocks()) == CODE.requests
