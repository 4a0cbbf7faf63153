"""What a simulation came to: counts, and the quantiles of the time to an answer.

In: each body with its answer, from several threads. Out: `Report`, readable at any moment.
"""

import math
from array import array
from dataclasses import dataclass, field
from threading import Lock

from ingest.simulator.bodies import Body
from ingest.simulator.target import Sent

REASONS_MAX = 50
"""Kinds of trouble that are told apart; more of them count as `other`."""


@dataclass(slots=True)
class Report:
    """Counts are events unless the name says otherwise."""

    bodies: int = 0
    sent: int = 0
    acked: int = 0
    rejected: int = 0
    """Refused one by one by the collector, inside acknowledged bodies."""
    refused: int = 0
    """In bodies refused as a whole."""
    given_up: int = 0
    """In bodies that nobody acknowledged in time."""
    retries: int = 0
    """Bodies sent again."""
    behind_s: float = 0.0
    """How far the generator ran behind its schedule at the end."""
    seconds: float = 0.0
    trouble: dict[str, int] = field(default_factory=dict)
    answer_p50_ms: float = math.nan
    answer_p99_ms: float = math.nan

    @property
    def acked_per_s(self) -> float:
        return self.acked / self.seconds if self.seconds else 0.0


class Tally:
    """Collects; any thread may."""

    def __init__(self, answers_kept_max: int) -> None:
        self._lock = Lock()
        self._report = Report()
        self._answers_s = array("f")
        self._answers_kept_max = answers_kept_max

    def add(self, body: Body, sent: Sent) -> None:
        events = len(body.events)
        with self._lock:
            report = self._report
            report.bodies += 1
            report.sent += events
            report.retries += sent.attempts - 1
            if sent.acked:
                report.acked += events
                report.rejected += sent.answer.rejected
                self._keep(sent.answer.answer_s)
            elif sent.answer.verdict.value == "refused":
                report.refused += events
                self._count(sent.answer.reason, 1)
            else:
                report.given_up += events
            for reason, times in sent.retried.items():
                self._count(reason, times)

    def report(self, seconds: float, behind_s: float) -> Report:
        """A copy of the state now."""
        with self._lock:
            answers = sorted(self._answers_s)
            report = Report(**{name: getattr(self._report, name) for name in Report.__slots__})
            report.trouble = dict(self._report.trouble)
        report.seconds, report.behind_s = seconds, behind_s
        if answers:
            report.answer_p50_ms = round(_quantile(answers, 0.50) * 1000, 3)
            report.answer_p99_ms = round(_quantile(answers, 0.99) * 1000, 3)
        return report

    def _keep(self, answer_s: float) -> None:
        """The latest answers in a ring: the quantiles of a long run are those of its recent past."""
        if len(self._answers_s) < self._answers_kept_max:
            self._answers_s.append(answer_s)
        else:
            self._answers_s[self._report.bodies % self._answers_kept_max] = answer_s

    def _count(self, reason: str, times: int) -> None:
        trouble = self._report.trouble
        name = reason if reason in trouble or len(trouble) < REASONS_MAX else "other"
        trouble[name] = trouble.get(name, 0) + times


def _quantile(ascending: list[float], share: float) -> float:
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))]
