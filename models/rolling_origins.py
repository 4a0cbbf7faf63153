"""What each member of a selection would have said at earlier moments: one round of fits, used for everything after it.

In: a history, the members, a budget in fits. Out: a `Backtest`: the forecasts of each member from several origins, the
newest of them the real one. Members that cost few fits go first; one for which the budget no longer suffices, that
throws, or that says nothing where a value came, is left out, and `dropped` says why. The budget is counted and not
timed, so the same history always gives the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from models.ports import Floats, Forecaster

ORIGINS_MAX: Final = 7
"""A week of days: every kind of day is judged once."""
ORIGINS_FEW: Final = 3
"""With fewer a single odd day chooses the model; members drop out before the origins do."""
CYCLES_BEFORE: Final = 2
"""What an origin leaves to learn from."""
_REASON_LENGTH: Final = 200


@dataclass(slots=True)
class Backtest:
    """`past[name]`: a row an origin, newest first; `ahead[name]`: the forecast from the whole history."""

    actual: Floats
    past: dict[str, Floats] = field(default_factory=dict)
    ahead: dict[str, Floats] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    fits: int = 0


def cost(member: Forecaster) -> int:
    """How many quick fits one fit of it counts for: its own `fits`, 1 where it says nothing."""
    return max(1, int(getattr(member, "fits", 1)))


def backtest(
    values: Floats,
    horizon: int,
    season: int,
    members: Sequence[Forecaster],
    *,
    fits_max: int,
    lowest: float,
    step: int | None = None,
    learned: Mapping[str, Floats] | None = None,
) -> Backtest:
    """The first of the cheapest members is asked whatever the budget is, of the present alone if need be. Origins lie a
    `step` apart, a cycle where none is given. `learned`: what a member is given instead of the values, by its name.
    """
    if fits_max < 1:
        raise ValueError(f"a budget is at least one fit, not {fits_max}")
    step = step or season
    members = sorted(members, key=cost)
    possible = max(0, (len(values) - horizon - CYCLES_BEFORE * season) // step + 1)
    affordable = fits_max // max(1, sum(map(cost, members))) - 1
    origins = min(possible, ORIGINS_MAX, max(affordable, ORIGINS_FEW), fits_max - 1)
    starts = [len(values) - horizon - number * step for number in range(origins)]
    actual = np.array([values[start : start + horizon] for start in starts]).reshape(origins, horizon)
    found = Backtest(actual)
    for member in members:
        fits = cost(member) * (origins + 1)
        if found.fits + fits > fits_max:
            found.dropped[member.name] = f"{fits} fits are more than the {fits_max - found.fits} left"
            continue
        found.fits += fits
        try:
            given = (learned or {}).get(member.name, values)
            said = [member.forecast(given[:end], horizon, season) for end in (*starts, len(values))]
            rows = np.maximum(np.array(said, dtype=np.float64).reshape(origins + 1, horizon), lowest)
        # A member may be anything, and the libraries of some throw what they please: whatever it is, it is told by
        # name in `dropped`, and the next one answers.
        except Exception as error:  # noqa: BLE001
            found.dropped[member.name] = f"{type(error).__name__}: {error}"[:_REASON_LENGTH]
            continue
        silent = ~np.isfinite(rows)
        if silent[-1].any() or silent[:-1][~np.isnan(actual)].any():
            found.dropped[member.name] = "said nothing where a value came"
            continue
        found.past[member.name], found.ahead[member.name] = rows[:-1], rows[-1]
    return found
