"""Chooses a forecaster for one series by what each would have said before: rolling origins, a budget in fits.

In: a history, how far to forecast, the members to choose from. Out: a `Selection`. Candidates are the members and the
median of the best of them; the one with the least absolute error answers, and never one that was worse than the
seasonal naive. The errors that chose it are those of its intervals. A history too short for an origin, or one in which
little returns, is answered by the median combination, and said to be so. Days of a clock change are the matter of
whoever makes the grid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.conformal import LEVELS
from models.error_intervals import intervals_of
from models.forecasters.median_combination import MedianCombination
from models.forecasters.seasonal_naive import SeasonalNaive
from models.phases import checked, known, median_of_known
from models.ports import Floats, Forecast, Forecaster, Interval
from models.rolling_origins import Backtest, backtest
from models.scores.forecasts import mae, seasonal_scale, wape

COMBINED: Final = 3
"""So many of the best are combined: the median of three outlives one that errs."""
RETURNS: Final = 0.5
"""The share of values other than 0 that the cycle before had one too; below it there is no shape to learn."""


@dataclass(frozen=True, slots=True)
class Selection:
    """`history` is "enough", "short", "intermittent" or "none". `mase` and `wape` are those of the chosen model in the
    backtest, NaN where there was none. `dropped` says why a member took no part.
    """

    forecast: Forecast
    model: str
    history: str
    mase: float
    wape: float
    fits: int
    dropped: Mapping[str, str]


def select(
    history: Floats,
    horizon: int,
    season: int,
    members: Sequence[Forecaster],
    *,
    fits_max: int,
    lowest: float = -np.inf,
) -> Selection:
    """The forecast of the best member, or of several together; never one that was worse than the seasonal naive."""
    checked(horizon, season)
    values = known(history)
    values = values[int(np.argmax(~np.isnan(values))) :] if not np.isnan(values).all() else values[:0]
    if len(values) == 0:
        return _nothing(horizon, lowest)
    intermittent = _is_intermittent(values, season)
    own: list[Forecaster] = [SeasonalNaive(), MedianCombination()]
    named = {member.name: member for member in (own if intermittent else [*own, *members])}
    found = backtest(values, horizon, season, list(named.values()), fits_max=fits_max, lowest=lowest)
    naive, combination = (member.name for member in own)
    judged = not np.isnan(found.actual).all()
    if not judged or intermittent:
        model = combination if combination in found.ahead else naive
    else:
        model = _best(found, naive)
    said = "short" if not judged else "intermittent" if intermittent else "enough"
    return _selection(values, season, found, model, history=said, lowest=lowest)


def _nothing(horizon: int, lowest: float) -> Selection:
    unknown = np.full(horizon, np.nan)
    anything = Interval(np.full(horizon, lowest), np.full(horizon, np.inf))
    return Selection(
        Forecast(unknown, dict.fromkeys(LEVELS, anything)), "none", "none", np.nan, np.nan, 0, {}
    )


def _is_intermittent(values: Floats, season: int) -> bool:
    """Mostly empty, and what is not has nothing a cycle before it: office hours are a shape, and not intermittent."""
    seen = values[~np.isnan(values)]
    if len(values) <= season or np.count_nonzero(seen == 0) * 2 <= len(seen):
        return False
    now, before = values[season:], values[:-season]
    both = ~np.isnan(now) & ~np.isnan(before) & (now != 0)
    return bool(np.count_nonzero(both & (before != 0)) < RETURNS * np.count_nonzero(both))


def _best(found: Backtest, naive: str) -> str:
    """The name of the candidate with the least error; the first of equals, and the naive before all."""
    seen = found.actual.ravel()
    errors = {name: mae(seen, past.ravel()) for name, past in found.past.items()}
    best = sorted(errors, key=errors.__getitem__)[:COMBINED]
    if len(best) == COMBINED:
        together = f"median of {', '.join(best)}"
        found.past[together] = median_of_known(np.stack([found.past[name] for name in best]))
        found.ahead[together] = median_of_known(np.stack([found.ahead[name] for name in best]))
        errors[together] = mae(seen, found.past[together].ravel())
        best.append(together)
    return min((naive, *best), key=errors.__getitem__)


def _selection(
    values: Floats, season: int, found: Backtest, model: str, *, history: str, lowest: float
) -> Selection:
    point, past = found.ahead[model], found.past[model]
    seen, said = found.actual.ravel(), past.ravel()
    scale = seasonal_scale(values, season)
    return Selection(
        Forecast(point, intervals_of(point, np.abs(found.actual - past), season, lowest)),
        model,
        history,
        mae(seen, said) / scale if scale > 0 else np.nan,
        wape(seen, said),
        found.fits,
        found.dropped,
    )
