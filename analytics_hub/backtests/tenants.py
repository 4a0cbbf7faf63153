"""Made-up tenants, hour by hour: what they ask, spend, wait for and get wrong. Each is of a shape of its own.

In: a random generator, and rates of real clients where there are some. Out: `Hours` of one tenant. Half of the made-up
ones follow office hours, the others run all day; some ask only now and then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.ports import Floats

DAY_H: Final = 24
WEEK_H: Final = 7 * DAY_H
# One failure more or less of fewer requests moves their share by more than two points.
RATIO_REQUESTS_MIN: Final = 50


@dataclass(frozen=True, slots=True)
class Hours:
    """What was counted in each hour; the mean latency of an hour without requests is not known."""

    requests: Floats
    tokens: Floats
    cost_usd: Floats
    errors: Floats
    latency_ms: Floats

    def metrics(self) -> Mapping[str, Floats]:
        """What a detector is given. A ratio of few requests says little and is not known."""
        return {
            "requests": self.requests,
            "cost_usd": self.cost_usd,
            "tokens_per_request": _ratio(self.tokens, self.requests),
            "error_share": _ratio(self.errors, self.requests),
            "latency_ms": self.latency_ms,
        }


def made_up_rate(random: np.random.Generator, hours: int) -> Floats:
    """The expected requests of each hour."""
    level = 10 ** random.uniform(1, 4)
    hour, day = np.arange(hours) % DAY_H, np.arange(hours) // DAY_H % 7
    swing = random.uniform(0.2, 0.9) if random.random() < 0.5 else random.uniform(0.0, 0.2)
    daily = 1 + swing * np.cos((hour - random.uniform(10, 18)) * 2 * np.pi / DAY_H)
    weekend = random.uniform(0.2, 1.0)
    weekly = np.where(day >= 5, weekend, 1.0)
    noise = np.exp(random.normal(0, random.uniform(0.05, 0.2), hours))
    return np.asarray(level * daily * weekly * noise)


def shaped_rate(random: np.random.Generator, hours: int, shapes: Floats) -> Floats:
    """As one of the real clients (a column of `shapes`, by the hour), its weeks again and again, with some noise."""
    shape = np.nan_to_num(shapes[:, random.integers(shapes.shape[1])])
    whole = len(shape) // WEEK_H * WEEK_H or len(shape)
    noise = np.exp(random.normal(0, 0.1, hours))
    return np.asarray(np.resize(shape[-whole:], hours) * noise)


def lived(random: np.random.Generator, rate: Floats) -> Hours:
    """What comes of these rates when nothing happens."""
    requests = random.poisson(np.minimum(rate, 1e9)).astype(np.float64)
    per_request = 10 ** random.uniform(2.3, 3.7)
    tokens = np.round(
        requests * per_request * np.exp(random.normal(0, 0.3, len(rate)) / np.sqrt(requests + 1))
    )
    price_usd = 10 ** random.uniform(-6.5, -5)
    errors = random.binomial(requests.astype(np.int64), random.uniform(0.002, 0.02)).astype(np.float64)
    typical_ms = 10 ** random.uniform(2.5, 3.7)
    latency = typical_ms * np.exp(
        random.normal(0, 0.5, len(rate)) / np.sqrt(requests + 1) + random.normal(0, 0.03, len(rate))
    )
    return Hours(requests, tokens, tokens * price_usd, errors, np.where(requests > 0, latency, np.nan))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(
        np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole >= RATIO_REQUESTS_MIN)
    )
