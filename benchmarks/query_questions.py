"""The questions of the query benchmark, asked of random tenants about random ranges.

In: a question's name, a count, a seed. Out: `Ask`s: a path for the API, and what it means in plain values for the peer
and the check. Tenants come as their traffic does, and every fifth is the largest in any case. Ranges end at a random
hour, a fourth of them at the moment when the data ends.

q1  24 h by minute                       q5  a tag by day over 30 d
q2  30 d by day by model                 q6  the last 100 raw events, a third of them with a filter
q3  30 d by hour, 10 projects + other    q7  the 20 end-users that cost most over 30 d
q4  latency p50, p95, p99 by model over 30 d
q1_filtered to q4_filtered: the same for one environment or team: reported, not part of the promise.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from benchmarks.query_build import KEPT_FROM
from benchmarks.query_data import FIRST_DAY, LAST_DAY, MODELS, NOW, TEAMS, World

QUESTIONS = ("q1", "q2", "q3", "q4", "q5", "q6", "q7")
FILTERED = ("q1_filtered", "q2_filtered", "q3_filtered", "q4_filtered")
LARGEST = 1
LARGEST_SHARE = 0.2
TOP_PROJECTS, TOP_USERS, LAST_EVENTS = 10, 20, 100
_SUMS = "events,total_tokens,cost_usd"
_QUANTILES = "events,latency_p50_ms,latency_p95_ms,latency_p99_ms"
_MONTH, _DAY, _HOUR = timedelta(days=30), timedelta(days=1), timedelta(hours=1)
_NO_FILTER = ("", "")


@dataclass(frozen=True)
class Ask:
    """One question about one tenant and range. `chosen` is the column and value of its filter."""

    question: str
    tenant: int
    start: datetime
    end: datetime
    chosen: tuple[str, str] = _NO_FILTER

    @property
    def kind(self) -> str:
        """The question without its filter."""
        return self.question.removesuffix("_filtered")

    @property
    def path(self) -> str:
        about = {"from": f"{self.start:%Y-%m-%dT%H:%MZ}", "to": f"{self.end:%Y-%m-%dT%H:%MZ}"}
        column, value = self.chosen
        if column:
            about[f"filter.tag.{column}" if column == "team" else f"filter.{column}"] = value
        end_point, parameters = _WIRE[self.kind]
        return f"/v1/{end_point}?{urlencode(about | parameters)}"


_WIRE: dict[str, tuple[str, dict[str, str]]] = {
    "q1": ("usage", {"interval": "1m", "metrics": _SUMS}),
    "q2": ("usage", {"interval": "1d", "group_by": "model", "metrics": _SUMS}),
    "q3": (
        "usage",
        {
            "interval": "1h",
            "group_by": "project",
            "metrics": _SUMS,
            "order": "-cost_usd",
            "limit": str(TOP_PROJECTS),
        },
    ),
    "q4": ("usage", {"group_by": "model", "metrics": _QUANTILES}),
    "q5": ("usage", {"interval": "1d", "metrics": _SUMS}),
    "q6": ("events", {"limit": str(LAST_EVENTS)}),
    "q7": ("users", {"metrics": _SUMS, "order": "-cost_usd", "limit": str(TOP_USERS)}),
}


def asks(world: World, question: str, count: int, seed: int) -> list[Ask]:
    """So many of one question, the same for the same seed."""
    draw = random.Random(f"{question} {seed}")
    numbers, shares = world.tenants["tenant_id"].to_list(), world.tenants["share"].to_list()
    largest = round(count * LARGEST_SHARE)
    tenants = [LARGEST] * largest + draw.choices(numbers, shares, k=count - largest)
    draw.shuffle(tenants)
    return [_ask(question, tenant, draw) for tenant in tenants]


def _ask(question: str, tenant: int, draw: random.Random) -> Ask:
    kind = question.removesuffix("_filtered")
    if kind == "q1":
        end = _end(draw, FIRST_DAY + _DAY)
        start = end - _DAY
    elif kind == "q6":
        end, start = _end(draw, LAST_DAY - _DAY), KEPT_FROM
    elif kind == "q7":
        # Raw events of the first day are gone, so the range begins with a whole day.
        end, start = _end(draw, LAST_DAY), FIRST_DAY
    else:
        end = _end(draw, LAST_DAY)
        start = end - _MONTH
    return Ask(question, tenant, start, end, _filter(question, draw))


def _end(draw: random.Random, first: datetime) -> datetime:
    if draw.random() < 0.25:
        return NOW
    return first + _HOUR * draw.randrange(int((NOW - first) / _HOUR) + 1)


def _filter(question: str, draw: random.Random) -> tuple[str, str]:
    if question == "q5":
        return "team", f"team-{draw.randrange(TEAMS)}"
    if question == "q6" and draw.random() < 1 / 3:
        return draw.choice((("model", draw.choice(MODELS[:8])), ("status", "timeout")))
    if question in FILTERED:
        return draw.choice((("environment", "production"), ("team", f"team-{draw.randrange(TEAMS)}")))
    return _NO_FILTER
