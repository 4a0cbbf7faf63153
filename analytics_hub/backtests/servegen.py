"""ServeGen, hourly: the next 24 hours of each active client, from several origins a day apart.

In: files of request rates (`ts` in seconds, a column a client, windows of equal length). Out: mean MASE24, pooled WAPE
and coverage a model. A client is active at an origin when it sent something in 90 % of the hours of the week before
it: known before the forecast is made. The origins are the last ones that have a day after them and a week before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from analytics_hub.backtests.asking import Asking
from analytics_hub.backtests.files import folder_of, number, rows_of
from analytics_hub.backtests.report import Figures, Progress, SuiteReport
from analytics_hub.domain.errors import InvalidInput, NotFound
from models.ports import Floats, Forecaster
from models.scores.forecasts import coverage, mase, wape

SUITE: Final = "servegen"
HORIZON: Final = 24
SEASON: Final = 24
WEEK: Final = 7 * SEASON
ACTIVE_SHARE: Final = 0.9
ORIGINS: Final = 3
HEADLINE: Final = "selected"
"""What serves tenants, and what the figures of the suite are of when it ran."""
_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Case:
    """One client at one origin: the hours before it, and the day after."""

    population: str
    history: Floats
    actual: Floats


def default_files(data: Path) -> list[Path]:
    folder = folder_of(data, SUITE)
    found = sorted(folder.glob("*_rate_wide.csv"))
    if not found:
        raise NotFound(
            "no_such_file", f"{folder} has no *_rate_wide.csv; --rates FILE names one", field="--rates"
        )
    return found


def run(
    forecasters: Sequence[Forecaster], files: Sequence[Path], progress: Progress, origins: int = ORIGINS
) -> SuiteReport:
    cases = [
        case for path in files for case in cases_of(path.name.split("_rate")[0], read_hours(path), origins)
    ]
    if not cases:
        raise InvalidInput(
            "no_active_client", "rates", "no file has a client that is active for a week, and a day after it"
        )
    models, asking = dict[str, Figures](), Asking()
    for number_done, forecaster in enumerate(forecasters):
        rows, points = [], []
        for done, case in enumerate(cases):
            progress(number_done * len(cases) + done, len(forecasters) * len(cases))
            point, row = _scored(asking, forecaster, case)
            rows.append(row)
            points.append(point)
        scored = partial(_figures, cases, np.array(rows), points)
        models[forecaster.name] = asking.figures(forecaster.name, scored)
    used = dict.fromkeys(case.population for case in cases)
    protocol = {"horizon": HORIZON, "origins": origins, "active_share": ACTIVE_SHARE, "forecasts": len(cases)}
    headline = HEADLINE if HEADLINE in models else forecasters[0].name
    return SuiteReport(SUITE, headline, list(used), protocol, models, asking.reasons)


def read_hours(path: Path) -> Floats:
    """Requests an hour, a row an hour, a column a client; an hour that is not whole is left out, a missing one NaN."""
    names, rows = rows_of(path)
    table = np.array([_numbers(path, line, row, len(names)) for line, row in rows]).reshape(-1, len(names))
    table = table[~np.isnan(table[:, 0])]
    _, kept = np.unique(table[:, 0], return_index=True)  # sorted; of several rows of one moment the first
    table = table[kept]
    if len(table) < 2:
        return np.empty((0, len(names) - 1))
    window_s = float(np.median(np.diff(table[:, 0])))
    per_hour = round(_HOUR_S / window_s)
    if per_hour < 1:
        raise InvalidInput(
            "windows_too_long", path.name, f"windows of {window_s:g} s are longer than an hour"
        )
    hours = ((table[:, 0] - table[0, 0]) // _HOUR_S).astype(np.int64)
    whole = np.full((int(hours[-1]) + 1, table.shape[1] - 1), np.nan)
    places, counts = np.unique(hours, return_counts=True)
    for place in places[counts == per_hour]:
        whole[place] = table[hours == place, 1:].mean(axis=0) * _HOUR_S
    last = int(places[counts == per_hour][-1]) if (counts == per_hour).any() else -1
    return whole[: last + 1]


def read_shapes(path: Path) -> Floats:
    """The hours of the clients of a file that are active all along: what made-up tenants can look like."""
    hours = read_hours(path)
    active = (
        np.mean(hours > 0, axis=0) >= ACTIVE_SHARE if len(hours) else np.zeros(hours.shape[1], dtype=np.bool_)
    )
    if not active.any():
        raise InvalidInput("no_active_client", "rates", f"{path.name} has no client that is always active")
    return np.asarray(hours[:, active])


def cases_of(population: str, hours: Floats, origins: int) -> list[Case]:
    cases: list[Case] = []
    for number_back in range(origins):
        origin = len(hours) - HORIZON - number_back * SEASON
        if origin < WEEK:
            break
        active = np.mean(hours[origin - WEEK : origin] > 0, axis=0) >= ACTIVE_SHARE
        before, after = hours[:origin], hours[origin : origin + HORIZON]
        cases += [Case(population, before[:, client], after[:, client]) for client in np.flatnonzero(active)]
    return cases


def _numbers(path: Path, line: int, row: Sequence[str], columns: int) -> list[float]:
    if len(row) != columns:
        raise InvalidInput(
            "short_row", f"{path.name}:{line}", f"line {line} has {len(row)} cells, not {columns}"
        )
    return [number(cell, path, line) for cell in row]


def _scored(asking: Asking, forecaster: Forecaster, case: Case) -> tuple[Floats, list[float]]:
    found = asking.forecast(forecaster, case.history, HORIZON, SEASON, lowest=0.0)
    return found.point, [
        mase(case.actual, found.point, case.history, SEASON),
        coverage(case.actual, found.intervals[80]),
        coverage(case.actual, found.intervals[95]),
    ]


def _figures(cases: Sequence[Case], rows: Floats, points: Sequence[Floats]) -> dict[str, float]:
    defined = ~np.isnan(rows[:, 0])
    if not defined.any():
        return dict.fromkeys(("mase24", "wape", "coverage80", "coverage95"), np.nan)
    means = rows[defined].mean(axis=0)
    figures = {
        "mase24": float(means[0]),
        "wape": wape(np.concatenate([case.actual for case in cases]), np.concatenate(points)),
        "coverage80": float(means[1]),
        "coverage95": float(means[2]),
        "mase24_median": float(np.median(rows[defined, 0])),
    }
    for population in dict.fromkeys(case.population for case in cases):
        mine = [number for number, case in enumerate(cases) if case.population == population]
        figures[f"mase24_{population}"] = float(np.nanmean(rows[mine, 0]))
        figures[f"wape_{population}"] = wape(
            np.concatenate([cases[number].actual for number in mine]),
            np.concatenate([points[number] for number in mine]),
        )
    return figures
