"""M4, hourly: 48 steps ahead, season 24, every series once.

In: the competition's files (a row a series: its name, then its values), the test file or none. Out: OWA, MASE, sMAPE,
MSIS and coverage a model. Without a test file the last 48 values of each training series are it. OWA is against
Naive2, as the competition has it: means over all series first, then the ratios.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from analytics_hub.backtests.asking import Asking
from analytics_hub.backtests.files import file_of, folder_of, number, rows_of
from analytics_hub.backtests.report import Figures, Progress, SuiteReport
from analytics_hub.domain.errors import InvalidInput
from models.conformal import COSTLY, ORIGINS_MAX
from models.ports import Floats, Forecaster, Learner
from models.rolling_origins import cost
from models.scores.forecasts import coverage, mase, msis, owa, smape
from models.scores.naive2 import Naive2

HORIZON: Final = 48
SEASON: Final = 24
SUITE: Final = "m4-hourly"
HEADLINE: Final = "combination"
SERIES_APART: Final = 10
"""Of costly models every tenth series is scored: all would take hours."""
_JUDGED: Final = HORIZON + (ORIGINS_MAX - 1) * SEASON
"""The end of a history: from errors there come the intervals, so nothing is learned from it beforehand."""
_SCORES: Final = ("smape", "mase", "msis", "coverage80", "coverage95")


def default_train(data: Path) -> Path:
    return file_of(folder_of(data, SUITE) / "Hourly-train.csv", "--train")


def run(
    forecasters: Sequence[Forecaster], train: Path, test: Path | None, progress: Progress, series_max: int = 0
) -> SuiteReport:
    """`series_max`: the first so many series only, to try something out; 0 is all."""
    cases, left_out = _cases(read_series(train), read_series(test) if test else None)
    cases = cases[:series_max] if series_max else cases
    if not cases:
        raise InvalidInput(
            "no_series", train.name, f"{train.name} has no series longer than {HORIZON} values"
        )
    reference = np.array(
        [_basic(actual, Naive2().forecast(history, HORIZON, SEASON), history) for history, actual in cases]
    )
    forecasters = sorted(forecasters, key=lambda one: one.name != HEADLINE)
    models, asking = dict[str, Figures](), Asking()
    for number_done, forecaster in enumerate(forecasters):
        rows = []
        asking.learn(forecaster, [history[:-_JUDGED] for history, _ in cases], HORIZON, SEASON)
        learned = isinstance(forecaster, Learner)  # once, for all of them
        apart = SERIES_APART if cost(forecaster) > COSTLY and not learned else 1
        for done, (history, actual) in enumerate(cases[::apart]):
            progress(number_done * len(cases) + done * apart, len(forecasters) * len(cases))
            rows.append(_scored(asking, forecaster, history, actual))
        models[forecaster.name] = asking.figures(
            forecaster.name, partial(_figures, np.array(rows), reference[::apart])
        )
    return SuiteReport(
        SUITE,
        forecasters[0].name,
        [path.name for path in (train, test) if path],
        {
            "horizon": HORIZON,
            "season": SEASON,
            "series": len(cases),
            "series_left_out": left_out,
            "costly_models_take_every": SERIES_APART,
        },
        models,
        asking.reasons,
    )


def read_series(path: Path) -> Mapping[str, Floats]:
    """The values of each series, without the empty cells that make the rows equally long."""
    _, rows = rows_of(path)
    return dict(_series(path, line, row) for line, row in rows)


def _series(path: Path, line: int, row: Sequence[str]) -> tuple[str, Floats]:
    cells = list(row[1:])
    while cells and cells[-1].strip() in {"", "NA"}:
        cells.pop()
    return row[0], np.array([number(cell, path, line) for cell in cells], dtype=np.float64)


def _cases(
    train: Mapping[str, Floats], test: Mapping[str, Floats] | None
) -> tuple[list[tuple[Floats, Floats]], int]:
    """Histories with what came after, and how many series have too little for that."""
    cases = list(_split(train) if test is None else _joined(train, test))
    usable = [case for case in cases if len(case[0]) > 0 and len(case[1]) == HORIZON]
    return usable, len(cases) - len(usable)


def _split(train: Mapping[str, Floats]) -> Iterator[tuple[Floats, Floats]]:
    for values in train.values():
        yield values[:-HORIZON], values[-HORIZON:]


def _joined(train: Mapping[str, Floats], test: Mapping[str, Floats]) -> Iterator[tuple[Floats, Floats]]:
    for name, actual in test.items():
        if name not in train:
            raise InvalidInput(
                "no_such_series", name, f"the test file has {name!r}, the training file has not"
            )
        yield train[name], actual[:HORIZON]


def _basic(actual: Floats, forecast: Floats, history: Floats) -> tuple[float, float]:
    return smape(actual, forecast), mase(actual, forecast, history, SEASON)


def _scored(asking: Asking, forecaster: Forecaster, history: Floats, actual: Floats) -> list[float]:
    lowest = 0.0 if np.nanmin(history, initial=0.0) >= 0 else -np.inf
    found = asking.forecast(forecaster, history, HORIZON, SEASON, lowest=lowest)
    wide = found.intervals[95]
    return [
        *_basic(actual, found.point, history),
        msis(actual, wide, history, SEASON, 95),
        coverage(actual, found.intervals[80]),
        coverage(actual, wide),
    ]


def _figures(rows: Floats, reference: Floats) -> dict[str, float]:
    """Means over the series for which all is defined: a series that never moved has no scale."""
    defined = ~np.isnan(rows).any(axis=1) & ~np.isnan(reference).any(axis=1)
    rows, reference = rows[defined], reference[defined]
    if len(rows) == 0:
        return dict.fromkeys(("owa", *_SCORES), np.nan)
    means = dict(zip(_SCORES, rows.mean(axis=0).tolist(), strict=True))
    whole = owa(rows[:, 0], rows[:, 1], reference[:, 0], reference[:, 1])
    return {"owa": whole, **means, "series_scored": float(len(rows))}
