"""What real traffic looks like, in a few numbers: tokens, tenants, bursts.

In: a seeded generator of random numbers. Out: token counts, weights of tenants, busy and quiet windows. The
figures were fitted to the request rates and token counts published as ServeGen (github.com/alibaba/ServeGen,
Apache-2.0): medians over its clients and six-hour windows. Events are written in `bodies.py`.
"""

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEVELS: Final = (0.0, 0.10, 0.25, 0.50, 0.75, 0.90, 0.99, 1.0)
"""The shares at which the quantiles below stand; both ends are ours, so that a draw is bounded."""

TENANT_SKEW: Final = 1.2
"""Tenant k sends in proportion to 1 / k**1.2: ServeGen's clients follow 1.05 to 1.37 by population."""

BURSTS: Final = ((0.20, 0.1), (0.45, 1.0), (0.25, 1.6), (0.08, 2.5), (0.02, 6.0))
"""(share of windows, factor on a tenant's rate): the ten largest clients go from 1.0 to 6 times their median
at the 99th percentile, and most clients are quiet in most windows."""

WINDOW_S: Final = 2.0
"""How long a tenant stays busy or quiet. ServeGen counts in windows of 600 s; a short run must see both."""

_TABLE_BITS: Final = 12


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of traffic: which models it calls, and its token counts at `LEVELS`."""

    name: str
    models: tuple[tuple[str, str], ...]
    """(provider, model), the most used first."""
    input_tokens: tuple[int, ...]
    output_tokens: tuple[int, ...]
    reasoning_share: float
    """Reasoning tokens as a share of the visible output."""


WORKLOADS: Final = (
    Workload(
        "m-large",
        (("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-4o-mini")),
        (16, 384, 548, 725, 961, 1187, 1766, 12_000),
        (1, 28, 35, 60, 91, 133, 239, 4_000),
        0.0,
    ),
    Workload(
        "m-mid",
        (("openai", "gpt-4o-mini"), ("openai", "gpt-4.1-nano"), ("internal", "house-model-7b")),
        (16, 279, 333, 492, 780, 1111, 1591, 8_000),
        (1, 20, 24, 45, 82, 116, 259, 2_000),
        0.0,
    ),
    Workload(
        "deepseek-r1",
        (("deepseek", "deepseek-reasoner"), ("openai", "o3"), ("openai", "o4-mini")),
        (16, 139, 215, 341, 611, 752, 1221, 8_000),
        (1, 344, 422, 586, 860, 1214, 1819, 16_000),
        1.5,
    ),
)


def draws(quantiles: Sequence[int], bits: int = _TABLE_BITS) -> tuple[int, ...]:
    """A table of 2**bits equally likely values with these quantiles at `LEVELS`: one random index draws one."""
    size = 1 << bits
    return tuple(_at(quantiles, (index + 0.5) / size) for index in range(size))


def _at(quantiles: Sequence[int], share: float) -> int:
    right = bisect_right(LEVELS, share)
    low, high = LEVELS[right - 1], LEVELS[right]
    below, above = quantiles[right - 1], quantiles[right]
    return round(below + (above - below) * (share - low) / (high - low))


def tenant_weights(tenants: int, skew: float = TENANT_SKEW) -> tuple[float, ...]:
    """The share of each tenant in all traffic, the largest first; they add up to 1."""
    raw = [1.0 / (rank**skew) for rank in range(1, tenants + 1)]
    total = sum(raw)
    return tuple(weight / total for weight in raw)


def burst_factors(generator: random.Random, tenants: int) -> list[float]:
    """How busy each tenant is in one window, as a factor on its rate."""
    shares = [share for share, _ in BURSTS]
    factors = [factor for _, factor in BURSTS]
    return generator.choices(factors, shares, k=tenants)
