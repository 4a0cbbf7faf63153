"""What `assess` is given and what it answers: series of one tenant in, findings and incidents out.

All hours are whole numbers, hours since 1970 began: whoever has timestamps counts them. All series of one call cover
the same hours. Words of a kind are those of `analytics_hub/domain/incident.py`. No state is kept here: what was found
before comes as `PastIncident`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from models.ports import Floats

Kind: TypeAlias = Literal["spike", "drop", "gap", "cost", "latency", "errors"]
State: TypeAlias = Literal["new", "continued", "ended"]

REQUESTS: Final = "requests"
COST: Final = "cost_usd"
TOKENS: Final = "tokens_per_request"
TOKENS_SUM: Final = "tokens"
ERRORS: Final = "error_share"
LATENCY: Final = "latency_ms"
METRICS: Final = (REQUESTS, COST, TOKENS, TOKENS_SUM, ERRORS, LATENCY)


@dataclass(frozen=True, slots=True)
class Watched:
    """One metric hour by hour, oldest first, the last one the newest whole hour.

    `metric` is one of `METRICS`. `dimension` and `value` are empty for the whole tenant. Counts and money of an hour
    without requests are 0, ratios and latency NaN. `weights`: the requests behind each value of a ratio or a mean.
    """

    metric: str
    dimension: str
    value: str
    values: Floats
    weights: Floats | None = None


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident that was found before. `key` is whatever the caller calls it. Of use are those that are open, that
    ended in the last week, or that somebody gave feedback on ("useful" or "noise").
    """

    key: str
    kind: str
    metric: str
    dimension: str
    value: str
    began: int
    last: int
    ended: bool
    told: int | None
    at_stake_usd: float
    metrics: Sequence[str] = ()
    detectors: Sequence[str] = ()
    feedback: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One detector's finding in one series and hour. `score` is from 0 to 1; `observed` is NaN where nothing came.
    `low` and `high` bound what was expected. `incident` is the key of the one it belongs to, None where it was too
    little to be told of.
    """

    metric: str
    dimension: str
    value: str
    hour: int
    detector: str
    score: float
    observed: float
    expected: float
    low: float
    high: float
    incident: str | None


@dataclass(frozen=True, slots=True)
class Share:
    """How much one value of a dimension changed, in the metric's unit, and its share of the whole change."""

    dimension: str
    value: str
    change: float
    share: float


@dataclass(frozen=True, slots=True)
class FoundIncident:
    """`key` is that of the past incident where it goes on; of a new one it is made of its first hour and place, the
    same for the same input. `began` and `last` are its first and last odd hour. `observed` and `expected` are sums of
    `metric` from the one to the other (ratios: means). `impact_usd` is the cost above what was expected, None where no
    cost is watched. `at_stake_usd` orders incidents by importance: the money that moved, failed, waited or stayed away;
    NaN as well.
    `told`: the hour in which it was told; None: held back so far, by the floor, the budget or the refractory time.
    """

    key: str
    state: State
    kind: Kind
    metric: str
    dimension: str
    value: str
    began: int
    last: int
    ended: bool
    told: int | None
    observed: float
    expected: float
    impact_usd: float | None
    at_stake_usd: float
    metrics: Sequence[str]
    detectors: Sequence[str]
    shares: Sequence[Share]


@dataclass(frozen=True, slots=True)
class Assessment:
    """`findings` are of the new hours. `incidents` are those that began, went on or ended in them; what was found
    before and did not change is left out.
    """

    findings: Sequence[Finding]
    incidents: Sequence[FoundIncident]
