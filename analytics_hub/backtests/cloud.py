"""Microsoft's cloud monitoring set, hourly: whole events at the detector's one default threshold, causal.

In: files with `TimeStamp,Value,Label`. Out: precision, recall and F1 by events. Of the files, those count whose usual
step is an hour; values stand on an even grid. A run of labelled hours is an event, a run of hours over the threshold a
report; they match when they touch or lie `TOLERANCE` apart. Nothing is left out at the beginning of a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from analytics_hub.backtests.asking import Asking
from analytics_hub.backtests.files import columns_of, folder_of, moment, number
from analytics_hub.backtests.grid import on_grid, usual_step_s
from analytics_hub.backtests.report import Figures, Progress, SuiteReport
from analytics_hub.domain.errors import NotFound
from models.ports import Detector, Flags, Floats
from models.scores.events import NOTHING, Matched, matched, median_delay, spans

SUITE: Final = "cloud"
FOLDER: Final = "ms-cloud-monitoring"
TOLERANCE: Final = 1
STEP_S: Final = 3600
POINTS_MAX: Final = 200_000  # 22 years of hours


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: Floats
    labels: Flags
    season: int


def default_files(data: Path) -> list[Path]:
    return csv_files(folder_of(data, FOLDER))


def csv_files(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.csv"))
    if not found:
        raise NotFound("no_such_file", f"{folder} has no CSV files", field="--folder")
    return found


def run(detectors: Sequence[Detector], files: Sequence[Path], progress: Progress) -> SuiteReport:
    corpus = [series for path in files if (series := read_series(path)) is not None]
    if not corpus:
        raise NotFound("no_hourly_series", "none of the files has a value an hour", field="--folder")
    models, asking = dict[str, Figures](), Asking()
    for number_done, detector in enumerate(detectors):
        total = NOTHING
        for done, series in enumerate(corpus):
            progress(number_done * len(corpus) + done, len(detectors) * len(corpus))
            reported = asking.scores(detector, series.values, series.season) >= detector.threshold
            total += matched(spans(series.labels), spans(reported), TOLERANCE)
        models[detector.name] = asking.figures(detector.name, partial(_figures, total, detector.threshold))
    events = sum(len(spans(series.labels)) for series in corpus)
    protocol = {"series": len(corpus), "events": events, "tolerance_h": TOLERANCE}
    return SuiteReport(
        SUITE, detectors[0].name, [series.name for series in corpus], protocol, models, asking.reasons
    )


def _figures(total: Matched, threshold: float) -> dict[str, float]:
    return {
        "f1": total.f1,
        "precision": total.precision,
        "recall": total.recall,
        "delay_h": median_delay(total.delays),
        "reports": float(total.reports),
        "threshold": threshold,
    }


def read_series(path: Path) -> Series | None:
    """A file on an hourly grid; None where its values are not an hour apart."""
    rows = [
        (moment(time, path, line).timestamp(), number(value, path, line), number(label, path, line))
        for line, (time, value, label) in columns_of(path, ("TimeStamp", "Value", "Label"))
    ]
    table = np.array(rows).reshape(-1, 3)
    if len(table) == 0 or usual_step_s(table[:, 0]) != STEP_S:
        return None
    grid = on_grid(table[:, 0], table[:, 1], POINTS_MAX)
    labels = on_grid(table[:, 0], table[:, 2], POINTS_MAX).values
    return Series(path.stem, grid.values, np.nan_to_num(labels) > 0, grid.season)
