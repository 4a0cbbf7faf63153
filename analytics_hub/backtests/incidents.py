"""Puts known incidents into a tenant's hours: the only labels that say for sure when something began.

In: hours of a tenant and a kind with its size. Out: other hours, and an `Incident` that says where. Each kind changes
what the real thing would change: more requests cost more, longer prompts only cost more, a dropout leaves nothing.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from analytics_hub.backtests.tenants import DAY_H, Hours
from models.ports import Floats


@dataclass(frozen=True, slots=True)
class Incident:
    """Both ends inside. `due` is the hour from which a delay counts: of a drift, when half of it has come."""

    kind: str
    factor: float
    first: int
    last: int
    due: int


@dataclass(frozen=True, slots=True)
class Kind:
    """How strong it can be, how many hours it lasts (least and most), and what it does."""

    factors: tuple[float, ...]
    lasts_h: tuple[int, int]
    apply: Callable[[np.random.Generator, Hours, Floats], Hours]


def inject(
    random: np.random.Generator, hours: Hours, name: str, factor: float, first: int
) -> tuple[Hours, Incident]:
    """`first` leaves room: an incident that would pass the end is cut there."""
    kind = KINDS[name]
    length = int(random.integers(kind.lasts_h[0], kind.lasts_h[1] + 1))
    last = min(first + length, len(hours.requests)) - 1
    times = np.ones(len(hours.requests))
    times[first : last + 1] = _strength(name, factor, last + 1 - first)
    due = first + (last + 1 - first) // 2 if name == "slow_drift" else first
    return kind.apply(random, hours, times), Incident(name, factor, first, last, due)


def _strength(name: str, factor: float, length: int) -> Floats:
    if name == "slow_drift":
        return np.linspace(1, factor, length)
    return np.full(length, factor)


def _more_requests(random: np.random.Generator, hours: Hours, times: Floats) -> Hours:  # noqa: ARG001
    return replace(
        hours,
        requests=np.round(hours.requests * times),
        tokens=np.round(hours.tokens * times),
        cost_usd=hours.cost_usd * times,
        errors=np.round(hours.errors * times),
    )


def _longer_prompts(random: np.random.Generator, hours: Hours, times: Floats) -> Hours:  # noqa: ARG001
    return replace(hours, tokens=np.round(hours.tokens * times), cost_usd=hours.cost_usd * times)


def _dearer(random: np.random.Generator, hours: Hours, times: Floats) -> Hours:  # noqa: ARG001
    return replace(hours, cost_usd=hours.cost_usd * times)


def _slower(random: np.random.Generator, hours: Hours, times: Floats) -> Hours:  # noqa: ARG001
    return replace(hours, latency_ms=hours.latency_ms * times)


def _more_errors(random: np.random.Generator, hours: Hours, times: Floats) -> Hours:
    """Between a third and nearly all of the requests fail."""
    share = random.uniform(0.3, 0.9)
    failed = random.binomial(hours.requests.astype(np.int64), share).astype(np.float64)
    return replace(hours, errors=np.where(times > 1, np.maximum(failed, hours.errors), hours.errors))


def _nothing(random: np.random.Generator, hours: Hours, times: Floats) -> Hours:  # noqa: ARG001
    gone = times > 1
    return replace(
        hours,
        requests=np.where(gone, 0.0, hours.requests),
        tokens=np.where(gone, 0.0, hours.tokens),
        cost_usd=np.where(gone, 0.0, hours.cost_usd),
        errors=np.where(gone, 0.0, hours.errors),
        latency_ms=np.where(gone, np.nan, hours.latency_ms),
    )


KINDS: Final[Mapping[str, Kind]] = {
    "runaway": Kind((2, 5, 10), (6, 24), _more_requests),
    "slow_drift": Kind((2, 5), (4 * DAY_H, 7 * DAY_H), _more_requests),
    "token_inflation": Kind((2, 3, 5), (DAY_H, 3 * DAY_H), _longer_prompts),
    "new_tenant_surge": Kind((5, 10), (6, 24), _more_requests),
    "dropout": Kind((math.inf,), (4, 24), _nothing),
    "price_change": Kind((2, 3, 5), (DAY_H, 3 * DAY_H), _dearer),
    "latency_shift": Kind((2, 3, 5), (12, 2 * DAY_H), _slower),
    "error_burst": Kind((math.inf,), (3, 12), _more_errors),
}
