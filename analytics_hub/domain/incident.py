"""Anomalies and incidents as values: what a detector found in one bucket, and what a person is told about it.

Made by the jobs (`analytics_hub/jobs`), the deciding is in `models/incidents`. An anomaly is one detector's finding in
one series and bucket. An incident is one thing to look at: anomalies of several metrics, detectors and dimensions that
belong together, with what it costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from analytics_hub.domain.access import Actor
from analytics_hub.domain.tenant import TenantId

IncidentId = NewType("IncidentId", UUID)

WATCHED_METRICS: Final = (
    "requests", "cost_usd", "tokens_per_request", "tokens", "error_share", "latency_ms",
)  # fmt: skip
"""What findings are of: the metrics of `models/incidents/ports.py`, which are not those that usage is asked for."""


class IncidentKind(StrEnum):
    """What can be said of it from the metrics that moved."""

    SPIKE = "spike"
    """More requests than expected, and all that follows from them."""
    DROP = "drop"
    """Fewer than expected, but some."""
    GAP = "gap"
    """Nothing at all where there always was something."""
    COST = "cost"
    """Dearer without more requests: longer prompts, another model, another price."""
    LATENCY = "latency"
    ERRORS = "errors"


class Feedback(StrEnum):
    """What a person said of it: later ones of that kind are reported sooner, or later."""

    USEFUL = "useful"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Place:
    """Whose series: of the whole tenant (`dimension` and `value` empty), or of one value of a dimension."""

    dimension: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A finding, by bucket. `observed` is None for a gap; `low` and `high` are what was expected at the most."""

    metric: str
    place: Place
    start: datetime
    detector: str
    score: float
    observed: float | None
    expected: float | None
    low: float | None
    high: float | None
    incident_id: IncidentId | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """A value of a dimension, how much it changed in the metric's unit, and its share of the whole change."""

    dimension: str
    value: str
    change: float
    share: float


@dataclass(frozen=True, slots=True)
class Note:
    """Who said something about an incident, and when."""

    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """`began_at` is the start of the first bucket, `last_at` that of the last one found so far. `observed` and
    `expected` are sums (ratios: means) of `metric` over these buckets. `impact_usd`: cost above what was expected;
    negative where less was spent, None where money is not what moved. Told once: when `told_at` is None it was found,
    but held back by the alert budget, and says so.
    """

    incident_id: IncidentId
    kind: IncidentKind
    metric: str
    place: Place
    began_at: datetime
    last_at: datetime
    found_at: datetime
    ended: bool
    observed: float | None
    expected: float | None
    impact_usd: Decimal | None
    metrics: Sequence[str] = ()
    detectors: Sequence[str] = ()
    contributions: Sequence[Contribution] = field(default_factory=tuple)
    told_at: datetime | None = None
    acknowledged: Note | None = None
    feedback: Feedback | None = None
    feedback_note: Note | None = None
    at_stake_usd: float = 0.0
    """The money that moved, failed, waited or stayed away: what makes one more important than another."""

    @property
    def heard_at(self) -> datetime | None:
        """When people were told. The budget counts by `told_at`, the end of the hour that told it; where hours are
        scored late, nobody could hear of it before it was found."""
        return None if self.told_at is None else max(self.told_at, self.found_at)


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Findings of one tenant: incidents that began, anomalies of buckets, in [start, end). Empty tuples let everything
    through. `metrics`: an incident is of its own metric and of all that moved with it. `kinds` and `open_only` let
    those anomalies through that belong to such an incident.
    """

    tenant: TenantId
    start: datetime
    end: datetime
    metrics: tuple[str, ...] = ()
    kinds: tuple[IncidentKind, ...] = ()
    open_only: bool = False
