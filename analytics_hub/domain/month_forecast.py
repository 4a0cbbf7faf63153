"""What a month will have cost at its end, as values: the question and its answer.

In: a question about the days before and in the running month, up to now. Out: what was spent, exactly, and what the
whole month is expected to come to. How that is worked out is in `models/month_end.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics_hub.domain.answer import Coverage
from analytics_hub.domain.forecast import BacktestError, History
from analytics_hub.domain.usage import UsageQuery

COST = "cost_usd"


@dataclass(frozen=True, slots=True)
class MonthQuery:
    """`usage`: cost by the day, from some months back up to now; its last bucket is the running day. The month is
    [start, end) in its zone.
    """

    usage: UsageQuery
    start: datetime
    end: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class MonthForecast:
    """`spent_usd` is an exact decimal string. `expected` and the intervals (low and high, by percent) are of the whole
    month, with what was spent; None where nothing can be said. `coverage` is that of the history and the month so far.
    """

    query: MonthQuery
    spent_usd: str
    expected: float | None
    intervals: Mapping[int, tuple[float | None, float | None]]
    model: str
    history: History
    trained_from: datetime | None
    error: BacktestError | None
    coverage: Coverage
    fresh_until: datetime
    made_at: datetime
