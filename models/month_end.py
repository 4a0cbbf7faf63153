"""What a month will have come to at its end: what was spent so far, and a forecast of the days that are left.

In: sums of whole days, what was spent this month, and how many days are left. Out: the expected sum, and an interval of
the sum itself. Bounds of single days must not be added: days err together only in part, so the bounds of a sum would be
too wide. The interval comes from how wrong the sum over as many days was from earlier origins, relative to its size.
There are few such sums, so the width is their root mean square times the quantile of Student's distribution, and the
quantile of a rank is not asked for. Where the history reaches back to fewer than two such sums, fewer days are judged,
and the error is taken to grow as fast as the days, as if the level were wrong on all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.conformal import LEVELS
from models.error_intervals import normal, wider
from models.phases import known
from models.ports import Floats, Forecaster
from models.rolling_origins import CYCLES_BEFORE
from models.selection import Selection, select

WEEK: Final = 7
SUMS_FEW: Final = 2
"""From a single one nothing is known of how they vary."""
KNOWN_SHARE: Final = 0.5
"""A past sum of which fewer days are known says nothing."""


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """`intervals`: low and high a level in percent; high is infinite where nothing can be promised. `expected` is NaN
    when nothing is known. `history`, `mase` and `wape` are those of the selection over days.
    """

    spent: float
    expected: float
    intervals: Mapping[int, tuple[float, float]]
    model: str
    history: str
    mase: float
    wape: float
    fits: int


def month_end(
    days: Floats,
    spent: float,
    days_left: int,
    members: Sequence[Forecaster],
    *,
    fits_max: int,
    running_share: float = 0.0,
) -> MonthEnd:
    """`days`: whole days up to yesterday, of this month and before it. `days_left`: those after them, with the running
    one, of which `running_share` is over; `spent` is all of this month, with what the running day had so far.
    """
    if days_left < 0 or not 0 <= running_share <= 1:
        raise ValueError(f"{days_left} days are left, and {running_share} of the running one is over")
    if days_left == 0:
        same = dict.fromkeys(LEVELS, (spent, spent))
        return MonthEnd(spent, spent, same, "none", "enough", np.nan, np.nan, 0)
    values = known(days)
    chosen = _chosen(values, days_left, members, fits_max)
    share_left = np.ones(days_left)
    share_left[0] -= running_share
    rest = float(chosen.forecast.point @ share_left)
    spread = _of(chosen)
    fewer = (len(values) - CYCLES_BEFORE * WEEK) // 2
    if (spread is None or spread.count < SUMS_FEW) and 1 <= fewer < days_left:
        spread = _of(_chosen(values, fewer, members, fits_max))
    return MonthEnd(
        spent,
        spent + rest,
        {level: _bounds(spent, rest, spread, level) for level in LEVELS},
        chosen.model,
        chosen.history,
        chosen.mase,
        chosen.wape,
        chosen.fits,
    )


def _chosen(values: Floats, days_left: int, members: Sequence[Forecaster], fits_max: int) -> Selection:
    return select(values, days_left, WEEK, members, fits_max=fits_max, lowest=0.0, step=min(days_left, WEEK))


@dataclass(frozen=True, slots=True)
class _Spread:
    """How wrong sums were, as a share of the larger of what was forecast and what came, and from how many this is
    known: those that overlap count for as many as they cover.
    """

    share: float
    count: float


def _of(chosen: Selection) -> _Spread | None:
    seen = ~np.isnan(chosen.came)
    enough = np.mean(seen, axis=1) >= KNOWN_SHARE if seen.size else np.zeros(0, dtype=np.bool_)
    said = np.sum(np.where(seen, chosen.said, 0.0), axis=1)[enough]
    came = np.sum(np.where(seen, chosen.came, 0.0), axis=1)[enough]
    if len(said) == 0:
        return None
    size = np.maximum(said, came)
    wrong = np.divide(np.abs(came - said), size, out=np.zeros_like(size), where=size > 0)
    horizon = chosen.came.shape[1]
    return _Spread(float(np.sqrt(np.mean(wrong**2))), 1 + (len(wrong) - 1) * min(horizon, WEEK) / horizon)


def _bounds(spent: float, rest: float, spread: _Spread | None, level: int) -> tuple[float, float]:
    """Spending is not undone: the low bound is what was spent."""
    if spread is None or np.isnan(rest):
        return spent, np.inf
    share = normal(level) * wider(level, spread.count) * np.sqrt(1 + 1 / spread.count) * spread.share
    return spent + rest * max(0.0, 1 - share), spent + rest * (1 + share)
