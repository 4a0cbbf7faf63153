"""Scores of what a detector reported against what had happened, by whole events and not by points.

In: flags or spans by position (first and last, both inside). Out: counts, delays, precision, recall and F1. A report
finds an event when they touch, or lie at most `tolerance` points apart. A report of several points is one report; an
event is found once, however many find it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.ports import Flags, Floats

Span = tuple[int, int]
HOURS_A_MONTH = 30 * 24


@dataclass(frozen=True, slots=True)
class Matched:
    """Of some series together: how many events there were and were found, how many reports there were and were right,
    and for each event found the points from its begin to its first report (0 when that came before).
    """

    events: int
    found: int
    reports: int
    right: int
    delays: tuple[int, ...]

    def __add__(self, other: "Matched") -> "Matched":
        return Matched(
            self.events + other.events,
            self.found + other.found,
            self.reports + other.reports,
            self.right + other.right,
            self.delays + other.delays,
        )

    @property
    def precision(self) -> float:
        """NaN when nothing was reported."""
        return self.right / self.reports if self.reports else np.nan

    @property
    def recall(self) -> float:
        """NaN when nothing had happened."""
        return self.found / self.events if self.events else np.nan

    @property
    def f1(self) -> float:
        """The harmonic mean; 0 when nothing was right, NaN when there was nothing to find and nothing reported."""
        if self.events == 0 and self.reports == 0:
            return np.nan
        if self.found == 0 or self.right == 0:
            return 0.0
        return 2 * self.precision * self.recall / (self.precision + self.recall)


NOTHING = Matched(0, 0, 0, 0, ())


def spans(flags: Flags, apart_max: int = 1) -> list[Span]:
    """Runs of flags; runs whose ends lie at most `apart_max` points apart are one."""
    places = np.flatnonzero(flags)
    if len(places) == 0:
        return []
    breaks = np.flatnonzero(np.diff(places) > apart_max)
    firsts = places[np.concatenate([[0], breaks + 1])]
    lasts = places[np.concatenate([breaks, [len(places) - 1]])]
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def matched(events: Sequence[Span], reports: Sequence[Span], tolerance: int = 0) -> Matched:
    delays = []
    for first, last in events:
        near = [begin for begin, end in reports if begin <= last + tolerance and end >= first - tolerance]
        if near:
            delays.append(max(0, min(near) - first))
    right = sum(
        any(begin <= last + tolerance and end >= first - tolerance for first, last in events)
        for begin, end in reports
    )
    return Matched(len(events), len(delays), len(reports), right, tuple(delays))


def false_alarms_per_month(false_reports: int, hours: float) -> float:
    """Of one tenant: reports where nothing had happened, for each 30 days of watching."""
    return false_reports * HOURS_A_MONTH / hours if hours > 0 else np.nan


def median_delay(delays: Sequence[int]) -> float:
    ordered: Floats = np.array(delays, dtype=np.float64)
    return float(np.median(ordered)) if len(ordered) else np.nan
