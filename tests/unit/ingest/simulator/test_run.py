"""The simulator's loop with targets in memory: what is tried again, given up, counted and written down."""

import threading
from pathlib import Path

import pytest

from analytics_hub.domain.clock import SystemClock
from analytics_hub.settings import SimulatorSettings
from ingest.simulator.bodies import Bodies, Body, Shape
from ingest.simulator.client_ledger import ClientLedger, Entry, read_ledger
from ingest.simulator.report import Report
from ingest.simulator.run import Pace, Simulation
from ingest.simulator.target import Answer, Verdict

ACKED = Answer(Verdict.ACKED, 0.001, "202", rejected=1)
BUSY = Answer(Verdict.LATER, 0.001, "503", retry_after_s=0.0)


class Scripted:
    """Answers the tries of every body with these answers in turn, then acknowledges."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = answers
        self._tries: dict[str, int] = {}
        self.payloads: list[bytes] = []

    def send(self, body: Body) -> Answer:
        first = body.events[0].event_id
        tries = self._tries.get(first, 0)
        self._tries[first] = tries + 1
        self.payloads.append(body.payload)
        return self._answers[tries] if tries < len(self._answers) else ACKED

    def close(self) -> None:
        return


def _run(
    target: Scripted, path: Path, *, give_up_s: float = 10, duration_s: float = 0.3
) -> tuple[Report, list[Entry]]:
    with ClientLedger(path) as ledger:
        report = Simulation(
            Bodies(Shape(("a", "b"), 10), "run"),
            Pace(events_per_s=500, duration_s=duration_s, connections=1),
            lambda: target,
            settings=SimulatorSettings(give_up_s=give_up_s),
            clock=SystemClock(),
            ledger=ledger,
        ).run(threading.Event())
    return report, list(read_ledger(path))


def test_a_body_is_sent_again_with_the_same_events_until_it_is_acknowledged(tmp_path: Path) -> None:
    target = Scripted(BUSY, BUSY)
    report, entries = _run(target, tmp_path / "ledger")
    assert report.acked == report.sent == 10 * report.bodies > 0
    assert report.retries == 2 * report.bodies
    assert report.trouble == {"503": 2 * report.bodies}
    assert target.payloads[0] == target.payloads[1] == target.payloads[2] != target.payloads[3]
    assert report.rejected == report.bodies
    assert [(entry.acked, entry.attempts) for entry in entries] == [(True, 3)] * report.bodies


def test_a_body_that_nobody_takes_is_given_up_and_not_written_as_acknowledged(tmp_path: Path) -> None:
    report, entries = _run(Scripted(*[BUSY] * 100_000), tmp_path / "ledger", give_up_s=0.05, duration_s=0.1)
    assert (report.acked, report.given_up) == (0, report.sent)
    assert entries
    assert not any(entry.acked for entry in entries)


def test_a_refused_body_is_not_sent_again(tmp_path: Path) -> None:
    report, _ = _run(Scripted(Answer(Verdict.REFUSED, 0.001, "401")), tmp_path / "ledger")
    assert (report.refused, report.retries) == (report.sent, 0)
    assert report.trouble == {"401": report.bodies}


def test_the_rate_is_kept(tmp_path: Path) -> None:
    report, _ = _run(Scripted(), tmp_path / "ledger", duration_s=0.5)
    assert report.sent == 250


def test_a_fault_of_a_sending_thread_ends_the_run_and_is_raised(tmp_path: Path) -> None:
    class Faulty(Scripted):
        def send(self, body: Body) -> Answer:
            raise KeyError(f"no key for {body.tenant}")

    with pytest.raises(KeyError, match="no key"):
        _run(Faulty(), tmp_path / "ledger", duration_s=60)
