"""NAB v1.1: each file from its beginning, causal; one threshold for the whole corpus and profile.

In: a folder with `data/*/*.csv` (`timestamp,value`) and a file of windows by relative path. Out: the standard, low-FP
and low-FN score of each detector, normalised over the files that are there. Thresholds are optimised over the corpus
for each profile, as NAB's own runner does; `at_default` has the scores at the detector's default threshold,
`left_out` those of each folder at the threshold that is best for all the others.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from analytics_hub.backtests.asking import Asking
from analytics_hub.backtests.files import columns_of, file_of, folder_of, moment, number
from analytics_hub.backtests.grid import DAY_S, usual_step_s
from analytics_hub.backtests.report import Figures, Progress, SuiteReport
from analytics_hub.domain.errors import InvalidInput, NotFound
from models.ports import Detector, Floats
from models.scores.nab import PROFILES, Labelled, Profile, best_score, score_at

SUITE: Final = "nab"
HEADLINE: Final = "ensemble_refractory"  # where it runs; else the first that does
# Scores count as NAB's own result files hold them: the published marks rest on scores that became 1 by rounding.
DECIMALS: Final = 12


@dataclass(frozen=True, slots=True)
class Series:
    """Rows as they stand: NAB counts by rows, also where a row is missing."""

    values: Floats
    season: int
    windows: Sequence[tuple[int, int]]


def default_windows(folder: Path) -> Path:
    return file_of(folder / "combined_windows.json", "--windows")


def default_folder(data: Path) -> Path:
    return folder_of(data, SUITE)


def run(detectors: Sequence[Detector], folder: Path, windows: Path, progress: Progress) -> SuiteReport:
    corpus = read_corpus(folder, windows)
    folders = [Path(name).parent.name for name in corpus]
    models, asking = dict[str, Figures](), Asking()
    for number_done, detector in enumerate(detectors):
        labelled = []
        for done, series in enumerate(corpus.values()):
            progress(number_done * len(corpus) + done, len(detectors) * len(corpus))
            scores = np.round(asking.scores(detector, series.values, series.season), DECIMALS)
            labelled.append(Labelled(scores, series.windows))
        scored = partial(_figures, labelled, folders, detector.threshold)
        models[detector.name] = asking.figures(detector.name, scored)
    protocol: dict[str, float | str] = {
        "files": len(corpus),
        "windows": sum(len(series.windows) for series in corpus.values()),
        "thresholds": "optimised over the corpus, one a profile",
    }
    return SuiteReport(
        SUITE,
        HEADLINE if HEADLINE in models else detectors[0].name,
        sorted(set(folders)),
        protocol,
        models,
        asking.reasons,
    )


def read_corpus(folder: Path, windows: Path) -> Mapping[str, Series]:
    """The files that have an entry among the windows and lie in the folder."""
    labels = _labels(windows)
    root = folder / "data" if (folder / "data").is_dir() else folder
    found = {name: root / name for name in sorted(labels) if (root / name).is_file()}
    if not found:
        raise NotFound(
            "no_such_file", f"{root} has none of the files that {windows.name} names", field="--folder"
        )
    return {name: _series(path, labels[name]) for name, path in found.items()}


def _labels(path: Path) -> Mapping[str, Sequence[Sequence[str]]]:
    try:
        labels: Any = orjson.loads(path.read_bytes())
    except ValueError:
        raise InvalidInput("bad_json", path.name, f"{path.name} is not JSON") from None
    if not isinstance(labels, dict) or not all(isinstance(windows, list) for windows in labels.values()):
        raise InvalidInput(
            "bad_windows", path.name, f"{path.name} does not hold a list of windows for each file"
        )
    return labels


def _series(path: Path, labels: Sequence[Sequence[str]]) -> Series:
    times, values = [], []
    for line, (time, value) in columns_of(path, ("timestamp", "value")):
        times.append(moment(time, path, line))
        values.append(number(value, path, line))
    step_s = usual_step_s(np.array([time.timestamp() for time in times]))
    return Series(
        np.array(values), max(1, round(DAY_S / step_s)), [_window(path, label, times) for label in labels]
    )


def _window(path: Path, label: Sequence[str], times: Sequence[datetime]) -> tuple[int, int]:
    """Both ends by position; each is the moment of a row."""
    try:
        first, last = (times.index(moment(text, path, 0)) for text in label)
    except ValueError:
        raise InvalidInput(
            "no_such_row", path.name, f"{path.name} has no rows at both ends of {label!r}"
        ) from None
    return first, last


def _figures(labelled: Sequence[Labelled], folders: Sequence[str], threshold: float) -> dict[str, float]:
    best = {name: best_score(labelled, profile) for name, profile in PROFILES.items()}
    return {
        **{name: score.normalised for name, score in best.items()},
        **{
            f"{name}_at_default": score_at(labelled, profile, threshold).normalised
            for name, profile in PROFILES.items()
        },
        **{f"{name}_left_out": _left_out(labelled, folders, profile) for name, profile in PROFILES.items()},
        **{f"{name}_threshold": score.threshold for name, score in best.items()},
    }


def _left_out(labelled: Sequence[Labelled], folders: Sequence[str], profile: Profile) -> float:
    """NaN where there is one folder only: nothing would be left to choose a threshold on."""
    if len(set(folders)) < 2:
        return math.nan
    thresholds = {
        folder: best_score(
            [one for one, of in zip(labelled, folders, strict=True) if of != folder], profile
        ).threshold
        for folder in set(folders)
    }
    said = [
        Labelled((one.scores >= thresholds[folder]).astype(np.float64), one.windows)
        for one, folder in zip(labelled, folders, strict=True)
    ]
    return score_at(said, profile, 1.0).normalised
