"""Chooses a forecaster for one series by what each would have said before: rolling origins, a budget in fits.

In: a history, how far to forecast, the members to choose from. Out: a `Selection`. All members answer together, by
the median weighted by how little each was wrong; where that was worse than the seasonal naive, it is drawn towards
the seasonal naive, a quarter at a time, until it was not. The errors that decide this are those of the intervals:
each earlier origin is combined by weights from the others, so that it is judged as something not seen. Outages are
gaps to the members, and count where they are judged. A history too short for an origin, or one in which little
returns, is answered by the median combination, and said to be so. Days of a clock change are the matter of whoever
makes the grid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from models.conformal import LEVELS
from models.error_intervals import intervals_by_size
from models.forecasters.median_combination import MedianCombination
from models.forecasters.seasonal_naive import SeasonalNaive
from models.outages import without_outages
from models.phases import checked, from_first_known, known
from models.ports import Floats, Forecast, Forecaster, Interval
from models.rolling_origins import Backtest, backtest
from models.scores.forecasts import mae, mase, wape
from models.weighted_median import weighted_median

COMBINED: Final = "weighted_median"
POWER: Final = 3
"""A weight is the inverse of the error to this power: 2 follows a series with a clear shape too little, 8 forgets that
a week of days is a small sample."""
DRAWN: Final = (0.0, 0.25, 0.5, 0.75)
"""Shares of the seasonal naive that are tried in turn."""
RETURNS: Final = 0.7
"""The share of values other than 0 that the cycle before had one too; below it there is no shape to learn. Office hours
on five days of a week have 0.8.
"""
_TINY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Selection:
    """`history` is "enough", "short", "intermittent" or "none". `mase` and `wape` are those of the chosen model in the
    backtest, NaN where there was none. `dropped` says why a member took no part. `weights` are there where several
    answer, and sum to 1. `said` and `came`, a row an origin, are what the errors are made of.
    """

    forecast: Forecast
    model: str
    history: str
    mase: float
    wape: float
    fits: int
    dropped: Mapping[str, str]
    weights: Mapping[str, float] = field(default_factory=dict)
    said: Floats = field(default_factory=lambda: np.empty((0, 0)))
    came: Floats = field(default_factory=lambda: np.empty((0, 0)))


def select(
    history: Floats,
    horizon: int,
    season: int,
    members: Sequence[Forecaster],
    *,
    fits_max: int,
    lowest: float = -np.inf,
    step: int | None = None,
) -> Selection:
    """The forecast of all members together; never one that was worse than the seasonal naive. Earlier origins lie a
    `step` apart, a cycle where none is given.
    """
    checked(horizon, season)
    values = from_first_known(known(history))
    if len(values) == 0:
        return _nothing(horizon, lowest)
    intermittent = _is_intermittent(values, season)
    own: list[Forecaster] = [SeasonalNaive(), MedianCombination()]
    named = {member.name: member for member in (own if intermittent else [*own, *members])}
    cleaned = without_outages(values, season) if lowest >= 0 else values
    found = backtest(
        values,
        horizon,
        season,
        list(named.values()),
        fits_max=fits_max,
        lowest=lowest,
        step=step,
        learned={name: cleaned for name in named if name != own[0].name},
    )
    judged = not np.isnan(found.actual).all()
    weights: Mapping[str, float] = {}
    if not judged or intermittent:
        model = _least(found, own)
    else:
        weights = _combine(found, -(-horizon // (step or season)), named)
        model = _no_worse_than(own[0].name, found)
    return _selection(
        values,
        season,
        found,
        model,
        history="short" if not judged else "intermittent" if intermittent else "enough",
        lowest=lowest,
        weights=weights if model == COMBINED else {},
    )


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


def _least(found: Backtest, own: Sequence[Forecaster]) -> str:
    """The median combination, unless the budget did not suffice for it."""
    return next(member.name for member in reversed(own) if member.name in found.ahead)


def _combine(found: Backtest, apart: int, members: Mapping[str, Forecaster]) -> Mapping[str, float]:
    """Adds the members together to what was found. `apart`: origins nearer than this share hours."""
    names = list(found.past)
    past = np.stack([found.past[name] for name in names])
    ahead = np.stack([found.ahead[name] for name in names])
    wrong = np.abs(found.actual - past)
    trust = np.array([trusted(members[name]) for name in names])
    origins = np.arange(len(found.actual))
    together = []
    for origin in origins:
        others = np.abs(origins - origin) >= apart
        weights = trust * _weights(wrong[:, others] if _says(wrong[:, others]) else wrong)
        together.append(weighted_median(past[:, origin], weights[:, None]))
    weights = trust * _weights(wrong)
    found.past[COMBINED] = np.array(together)
    found.ahead[COMBINED] = weighted_median(ahead, weights[:, None])
    return dict(zip(names, (weights / np.sum(weights)).tolist(), strict=True))


def _no_worse_than(naive: str, found: Backtest) -> str:
    """The name of what answers: the combination, as it is or drawn towards the naive, or the naive itself."""
    seen = found.actual.ravel()
    past, ahead = found.past[COMBINED], found.ahead[COMBINED]
    most = mae(seen, found.past[naive].ravel())
    for share in DRAWN:
        drawn = (1 - share) * past + share * found.past[naive]
        if mae(seen, drawn.ravel()) <= most:
            found.past[COMBINED], found.ahead[COMBINED] = (
                drawn,
                (1 - share) * ahead + share * found.ahead[naive],
            )
            return COMBINED
    return naive


def trusted(member: Forecaster) -> float:
    """How often a member counts before it is judged: its own `trust`, 1 where it says nothing."""
    return float(getattr(member, "trust", 1.0))


def _says(wrong: Floats) -> bool:
    return bool((~np.isnan(wrong)).any())


def _weights(wrong: Floats) -> Floats:
    """Of each member, from its errors over origins and steps; one without any error cannot weigh without bound."""
    seen = ~np.isnan(wrong)
    means = np.sum(np.where(seen, wrong, 0.0), axis=(1, 2)) / np.sum(seen, axis=(1, 2))
    largest = np.max(means)
    relative = means / largest if largest > 0 else np.zeros_like(means)
    return np.asarray((relative + _TINY) ** -POWER)


def _selection(
    values: Floats,
    season: int,
    found: Backtest,
    model: str,
    *,
    history: str,
    lowest: float,
    weights: Mapping[str, float],
) -> Selection:
    point, past = found.ahead[model], found.past[model]
    seen, said = found.actual.ravel(), past.ravel()
    return Selection(
        Forecast(point, intervals_by_size(point, past, found.actual, season, lowest)),
        model,
        history,
        mase(seen, said, values, season),
        wape(seen, said),
        found.fits,
        found.dropped,
        weights,
        past,
        found.actual,
    )
