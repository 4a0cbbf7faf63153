"""NAB's scoring, version 1.1 (numenta/NAB, `nab/sweeper.py`), over one corpus.

In: for each series its scores and the windows in which an anomaly is to be found, by position. Out: the best threshold
of the whole corpus for a profile, and the score there, normalised: 0 is a detector that says nothing, 100 one that
says each window at its first point and nothing else.

A detection in a window is worth more the earlier it is, by a scaled sigmoid, and only the best one counts; one outside
costs up to `false_positive`, less when it comes soon after a window; a window without one costs `false_negative`.
The first 15 % of a series (of at most 5,000 points) are probation: nothing there counts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ports import Flags, Floats

PROBATION_SHARE = 0.15
PROBATION_POINTS_MAX = 5000


@dataclass(frozen=True, slots=True)
class Profile:
    true_positive: float
    false_positive: float
    false_negative: float


PROFILES = {
    "standard": Profile(1.0, 0.11, 1.0),
    "low_fp": Profile(1.0, 0.22, 1.0),
    "low_fn": Profile(1.0, 0.11, 2.0),
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """Scores of one series, and its windows as first and last position, both inside, in order and apart."""

    scores: Floats
    windows: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class NabScore:
    normalised: float
    raw: float
    threshold: float


def best_score(corpus: Sequence[Labelled], profile: Profile) -> NabScore:
    """At the threshold that is best for the whole corpus, as NAB optimises it; infinite: nothing is reported."""
    thresholds, totals = totals_by_threshold(corpus, profile)
    best = int(np.argmax(totals))
    return _normalised(corpus, profile, float(totals[best]), float(thresholds[best]))


def score_at(corpus: Sequence[Labelled], profile: Profile, threshold: float) -> NabScore:
    """At a threshold that was fixed before."""
    thresholds, totals = totals_by_threshold(corpus, profile)
    reached = np.flatnonzero(thresholds >= threshold)
    return _normalised(corpus, profile, float(totals[reached[-1]]), threshold)


def totals_by_threshold(corpus: Sequence[Labelled], profile: Profile) -> tuple[Floats, Floats]:
    """Every threshold that changes anything, from infinity (nothing is reported) down, and the corpus' score at it."""
    scores, values, window_ids = (
        np.concatenate(parts) for parts in zip(*map(_points, _numbered(corpus)), strict=True)
    )
    order = np.argsort(-scores, kind="stable")
    best: dict[int, float] = dict.fromkeys(window_ids[window_ids >= 0].tolist(), -profile.false_negative)
    thresholds, totals = [math.inf], [sum(best.values())]
    windows_total, false_total = totals[0], 0.0
    for place in order:
        window, value = int(window_ids[place]), float(values[place])
        if window < 0:
            false_total += value * profile.false_positive
        else:
            gained = max(best[window], value * profile.true_positive)
            windows_total += gained - best[window]
            best[window] = gained
        if scores[place] == thresholds[-1]:
            totals[-1] = windows_total + false_total
        else:
            thresholds.append(float(scores[place]))
            totals.append(windows_total + false_total)
    return np.array(thresholds), np.array(totals)


def scaled_sigmoid(position: Floats) -> Floats:
    """-1 is the first point of a window, 0 its end, past it is after it; from 3 windows on, -1 whole."""
    return np.where(position > 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(position, 3))) - 1)


def probation(length: int) -> int:
    """How many points at the beginning do not count."""
    return math.ceil(min(math.floor(PROBATION_SHARE * length), PROBATION_SHARE * PROBATION_POINTS_MAX))


def _numbered(corpus: Sequence[Labelled]) -> list[tuple[Labelled, int]]:
    firsts = np.cumsum([0, *(len(one.windows) for one in corpus)])
    return [(one, int(first)) for one, first in zip(corpus, firsts[:-1], strict=True)]


def _points(numbered: tuple[Labelled, int]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """For each point past probation: its score, its unweighted worth, and the number of its window or -1."""
    labelled, first_id = numbered
    length = len(labelled.scores)
    places = np.arange(length)
    worth = np.full(length, -1.0)
    window_ids = np.full(length, -1, dtype=np.int64)
    highest = float(scaled_sigmoid(np.array(-1.0)))
    for number, (first, last) in enumerate(labelled.windows):
        width = last - first + 1
        inside: Flags = (places >= first) & (places <= last)
        after: Flags = places > last
        worth[inside] = scaled_sigmoid(-(last - places[inside] + 1) / width) / highest
        # A window of one point has no width to measure by: what follows counts in full.
        worth[after] = scaled_sigmoid((places[after] - last) / (width - 1)) if width > 1 else -1.0
        window_ids[inside] = first_id + number
    kept = slice(probation(length), None)
    return labelled.scores[kept], worth[kept], window_ids[kept]


def _normalised(corpus: Sequence[Labelled], profile: Profile, raw: float, threshold: float) -> NabScore:
    """NAB counts every window in both ends of its scale, also one that lies in probation."""
    windows = sum(len(one.windows) for one in corpus)
    # The detector that says nothing: windows that lie in probation as a whole cost it nothing.
    silent = -profile.false_negative * sum(
        last >= probation(len(one.scores)) for one in corpus for _, last in one.windows
    )
    perfect = windows * profile.true_positive
    scale = perfect - silent
    return NabScore(100 * (raw - silent) / scale if scale else math.nan, raw, threshold)
