"""Percentiles are within two per cent of the exact ones, whichever level answers: every sketch on the way is merged."""

import asyncio
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.clock import unix_us
from analytics_hub.domain.plan import Level
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.storage.closer import close_due
from tests.support.database import Database
from tests.support.ingest import NOW, PostgresStored, event, prepared
from tests.support.services import open_services

EVENTS = 4000
FIRST = NOW.replace(hour=0, minute=0) - timedelta(days=3)
OPEN_FROM = NOW.replace(hour=0, minute=0) - timedelta(hours=3)
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
METRICS = tuple(f"{word}_{name}_ms" for word in ("latency", "ttft") for name in QUANTILES)
RELATIVE_ERROR = 0.02
ROUNDING_MS = 0.0005
MODELS = ("gpt-4o", "claude-sonnet-4-5")
PROJECTS = ("search", "chat", "")
_INTERVALS = {"none": None, "1d": timedelta(days=1), "1h": timedelta(hours=1), "15m": timedelta(minutes=15)}


@dataclass(frozen=True)
class Timed:
    """What is compared of an event."""

    at: datetime
    model: str
    project: str
    latency_ms: float
    ttft_ms: float


def timed(number: int, draw: random.Random) -> Timed:
    """Heavy tails and all the magnitudes that a sketch holds: from a millisecond to an hour."""
    latency_ms = min(3_600_000.0, max(1.0, draw.lognormvariate(6.5, 1.5)))
    return Timed(
        FIRST + timedelta(seconds=draw.randrange(round((NOW - FIRST).total_seconds()))),
        MODELS[number % 2],
        PROJECTS[number % 3],
        round(latency_ms, 3),
        round(max(1.0, latency_ms * draw.random()), 3),
    )


def line(number: int, one: Timed) -> bytes:
    members = {"latency_ms": one.latency_ms, "ttft_ms": one.ttft_ms, "project": one.project}
    return event(
        number, id=f"{number}-{unix_us(one.at)}", time=one.at.isoformat(), model=one.model, **members
    )


@pytest.fixture
def stored(each_db: Database) -> Iterator[PostgresStored]:
    store = PostgresStored(each_db)
    yield store
    store.close()


def test_a_percentile_is_within_two_per_cent_of_the_exact_one_at_every_level(
    each_db: Database, stored: PostgresStored
) -> None:
    draw = random.Random(20261121)
    events = [timed(number, draw) for number in range(EVENTS)]
    for first in range(0, EVENTS, 500):
        lines = [line(number, events[number]) for number in range(first, first + 500)]
        stored.sink.flush(prepared(lines, stored.tenant_id, any_age=True))
    with each_db.connect("hub_maint") as connection:
        close_due(connection, OPEN_FROM)

    levels: set[Level] = set()
    for interval in _INTERVALS:
        for group_by in ((), ("model",), ("model", "project")):
            start = FIRST if interval in ("none", "1d") else OPEN_FROM - timedelta(hours=9)
            answer = asked(each_db, stored.tenant_id, start, interval, group_by)
            levels |= {read.level for read in answer.levels}
            compare(answer, events)
    assert levels == {
        Level.FACET_DAY, Level.DAY, Level.FACET_HOUR, Level.HOUR, Level.TOTAL_MINUTE, Level.MINUTE
    }  # fmt: skip


def asked(
    db: Database, tenant: int, start: datetime, interval: str, group_by: tuple[str, ...]
) -> UsageAnswer:
    async def main() -> UsageAnswer:
        async with open_services(db.reader_dsn) as services:
            return await services.usage.ask(
                UsageQuery.ask(
                    TenantId(tenant), start, NOW, interval=interval, group_by=group_by, metrics=METRICS
                )
            )

    return asyncio.run(main())


def compare(answer: UsageAnswer, events: list[Timed]) -> None:
    """Totals of groups and every point, each against the events it is made of."""
    query = answer.query
    width = _INTERVALS[query.interval.value]
    totals: dict[tuple[str, ...], list[Timed]] = defaultdict(list)
    points: dict[tuple[tuple[str, ...], datetime], list[Timed]] = defaultdict(list)
    for one in events:
        if one.at < query.start:
            continue
        group = tuple(getattr(one, name) for name in query.group_by)
        totals[group].append(one)
        if width:
            points[group, FIRST + (one.at - FIRST) // width * width].append(one)
    compared = 0
    for series in answer.series:
        group = tuple(series.group.values())
        close_to(dict(series.total), totals[group])
        for point in series.points:
            close_to(dict(point.values), points[group, point.start])
            compared += 1
    assert len(answer.series) == len(totals)
    assert compared == len(points)


def close_to(said: dict[str, object], events: list[Timed]) -> None:
    for word in ("latency", "ttft"):
        ordered = sorted(getattr(one, f"{word}_ms") for one in events)
        for name, quantile in QUANTILES.items():
            exact = ordered[max(1, math.ceil(quantile * len(ordered))) - 1]
            value = said[f"{word}_{name}_ms"]
            assert isinstance(value, float)
            assert abs(value - exact) <= RELATIVE_ERROR * exact + ROUNDING_MS, (word, name, len(ordered))
