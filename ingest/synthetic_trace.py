"""A seeded synthetic hour of requests, for a demonstration without any downloaded data.

In: the quantiles of a published trace's token counts, how many requests, a seed. Out: the same blocks as the
trace would give (`csv_trace.py`). The figures are quantiles of the Azure LLM inference traces of November
2023 (github.com/Azure/AzurePublicDataset, CC-BY 4.0); arrivals are a Poisson process over one hour.
"""

import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from ingest.csv_trace import SHAPES, TraceMapping, trace_blocks
from ingest.ports import Block

LEVELS: Final = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""The shares at which the quantiles below stand."""

_HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class TokenQuantiles:
    """Token counts of one kind of traffic at `LEVELS`, and how many requests an hour of it had."""

    requests: int
    input_tokens: tuple[int, ...]
    output_tokens: tuple[int, ...]


CODE: Final = TokenQuantiles(
    8_819,
    (3, 17, 75, 147, 386, 770, 1075, 1469, 1909, 2433, 3192, 5186, 7302, 7436, 7437),
    (6, 6, 6, 7, 8, 9, 11, 13, 16, 20, 29, 55, 90, 252, 1899),
)
CONVERSATION: Final = TokenQuantiles(
    19_366,
    (2, 29, 181, 207, 387, 403, 703, 1020, 1071, 1130, 1315, 2735, 4083, 4142, 14050),
    (7, 16, 41, 54, 77, 91, 103, 129, 177, 384, 400, 424, 451, 601, 1000),
)


class SyntheticTrace:
    """One hour of made-up requests that ends at `ends`."""

    def __init__(
        self, quantiles: TokenQuantiles, mapping: TraceMapping, ends: datetime, *, seed: int
    ) -> None:
        self._quantiles = quantiles
        self._mapping = mapping
        self._ends = ends.astimezone(UTC)
        self._seed = seed

    @property
    def origin(self) -> str:
        return f"synthetic {self._mapping.project}"

    @property
    def size_bytes(self) -> int | None:
        return None

    def blocks(self) -> Iterator[Block]:
        yield from trace_blocks(self.rows(), SHAPES[0], self._mapping, 0)

    def rows(self) -> pl.DataFrame:
        """The columns of the trace that it imitates, as text."""
        # Not for secrets: the same seed must give the same hour on every machine.
        chance = random.Random(self._seed)  # noqa: S311
        table = self._quantiles
        offsets = sorted(chance.random() * _HOUR_S for _ in range(table.requests))
        start = self._ends - timedelta(seconds=offsets[-1])
        times = [start + timedelta(seconds=offset) for offset in offsets]
        shape = SHAPES[0]
        return pl.DataFrame(
            {
                shape.time: [moment.strftime("%Y-%m-%d %H:%M:%S.%f") for moment in times],
                shape.input_tokens: [str(_drawn(table.input_tokens, chance)) for _ in times],
                shape.output_tokens: [str(_drawn(table.output_tokens, chance)) for _ in times],
            }
        )


def _drawn(quantiles: tuple[int, ...], chance: random.Random) -> int:
    """A value from the distribution with these quantiles, straight lines between them."""
    share = chance.random()
    upper = min(bisect_right(LEVELS, share), len(LEVELS) - 1)
    low, high = LEVELS[upper - 1], LEVELS[upper]
    part = (share - low) / (high - low)
    return round(quantiles[upper - 1] + part * (quantiles[upper] - quantiles[upper - 1]))
