"""Who watches a made-up tenant: incidents as a tenant gets them told, or a single detector over each metric.

In: hours of a tenant. Out: the spans of hours that were reported, as a person would have seen them.
"""

from typing import Final, Protocol

import numpy as np

from analytics_hub.backtests.tenants import DAY_H, Hours
from models.incidents.assess import assess
from models.incidents.ports import COST, ERRORS, LATENCY, REQUESTS, TOKENS, Watched
from models.ports import Detector, Flags, Floats
from models.scores.events import Span, spans

APART_H: Final = 6


class Watcher(Protocol):
    @property
    def name(self) -> str: ...

    def reports(self, hours: Hours, warm_up_h: int) -> list[Span]:
        """After the warm-up, by hour. Reports at most `APART_H` apart are one."""
        ...


class IncidentWatcher:
    """Incidents that were told, from the hour in which they were told to their last odd hour. Causal: the assessment of
    many hours is that of hour by hour.
    """

    name = "incidents"

    def reports(self, hours: Hours, warm_up_h: int) -> list[Span]:
        length = len(hours.requests)
        flags: Flags = np.zeros(length, dtype=np.bool_)
        for incident in assess(watched(hours), 0, length - warm_up_h).incidents:
            if incident.told is not None:
                flags[incident.told : incident.last + 1] = True
        return spans(flags, APART_H)


class DetectorWatcher:
    """One detector at its default threshold; an hour is reported when any metric is odd in it."""

    def __init__(self, detector: Detector) -> None:
        self.name = detector.name
        self._detector = detector

    def reports(self, hours: Hours, warm_up_h: int) -> list[Span]:
        flags: Flags = np.zeros(len(hours.requests), dtype=np.bool_)
        for values in hours.metrics().values():
            flags |= self._detector.scores(values, DAY_H) >= self._detector.threshold
        flags[:warm_up_h] = False
        return spans(flags, APART_H)


def watched(hours: Hours) -> list[Watched]:
    """What the hub itself counts: ratios of any number of requests, with that number beside them."""
    asked = hours.requests
    return [
        Watched(REQUESTS, "", "", asked),
        Watched(COST, "", "", hours.cost_usd),
        Watched(TOKENS, "", "", _each(hours.tokens, asked), asked),
        Watched(ERRORS, "", "", _each(hours.errors, asked), asked),
        Watched(LATENCY, "", "", hours.latency_ms, asked),
    ]


def _each(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))
