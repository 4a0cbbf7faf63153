"""Paces bodies over time and sends them from several threads.

In: bodies, a rate, targets. Out: a report; on the way a call for every line of progress, and the client's ledger.
Open loop until the queue is full: then the generator falls behind, and the report says by how much. What is in
the bodies is `bodies.py`, what an answer means `target.py`.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from analytics_hub.domain.clock import Clock, unix_us
from analytics_hub.settings import SimulatorSettings
from ingest.deadline import Deadline
from ingest.simulator.bodies import Bodies, Body
from ingest.simulator.client_ledger import ClientLedger, Entry
from ingest.simulator.report import Report, Tally
from ingest.simulator.target import Target, send_until_durable
from ingest.simulator.traffic import WINDOW_S

_PROGRESS_S = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and how long."""

    events_per_s: float
    """0 sends as fast as the answers come."""
    duration_s: float
    connections: int


class Simulation:
    """One run."""

    def __init__(
        self,
        bodies: Bodies,
        pace: Pace,
        target: Callable[[], Target],
        *,
        settings: SimulatorSettings,
        clock: Clock,
        ledger: ClientLedger | None = None,
    ) -> None:
        self._bodies = bodies
        self._pace = pace
        self._target = target
        self._settings = settings
        self._clock = clock
        self._ledger = ledger
        self._tally = Tally(settings.answers_kept_max)
        self._queue: queue.Queue[Body | None] = queue.Queue(settings.queue_bodies_max)
        self._fault: BaseException | None = None
        self._began_s = 0.0
        self._behind_s = 0.0

    def run(self, stop: threading.Event, progress: Callable[[Report], None] | None = None) -> Report:
        """Until the time is over; then what is queued is sent. `stop` ends it sooner: nothing more is tried.

        Raises what a sending thread died of.
        """
        self._began_s = self._clock.monotonic_s()
        senders = [
            threading.Thread(target=self._send, args=[stop], name=f"simulator-{number}", daemon=True)
            for number in range(self._pace.connections)
        ]
        for sender in senders:
            sender.start()
        try:
            self._generate(stop, progress)
        finally:
            for _ in senders:
                self._put(None)
            for sender in senders:
                sender.join(self._settings.give_up_s + self._settings.answer_wait_s)
        if self._fault is not None:
            raise self._fault
        return self._report()

    def _generate(self, stop: threading.Event, progress: Callable[[Report], None] | None) -> None:
        due_s, window_ends_s, shown_s = 0.0, WINDOW_S, 0.0
        while not stop.is_set() and self._fault is None:
            elapsed_s = self._clock.monotonic_s() - self._began_s
            if max(elapsed_s, due_s) >= self._pace.duration_s:
                break
            if progress is not None and elapsed_s - shown_s >= _PROGRESS_S:
                shown_s = elapsed_s
                progress(self._report())
            if elapsed_s < due_s:
                stop.wait(min(due_s - elapsed_s, _PROGRESS_S))
                continue
            self._behind_s = elapsed_s - due_s if self._pace.events_per_s else 0.0
            if elapsed_s >= window_ends_s:
                self._bodies.next_window()
                window_ends_s = elapsed_s + WINDOW_S
            body = self._bodies.next_body(unix_us(self._clock.now()))
            self._put(body)
            if self._pace.events_per_s:
                due_s += len(body.events) / self._pace.events_per_s

    def _put(self, body: Body | None) -> None:
        while self._fault is None:
            try:
                self._queue.put(body, timeout=_PROGRESS_S)
            except queue.Full:
                continue
            return

    def _send(self, stop: threading.Event) -> None:
        try:
            target = self._target()
            try:
                while (body := self._queue.get()) is not None:
                    if not stop.is_set():
                        self._send_one(target, body, stop)
            finally:
                target.close()
        except BaseException as error:  # noqa: BLE001  raised again by `run`, in the thread that asked
            self._fault = error

    def _send_one(self, target: Target, body: Body, stop: threading.Event) -> None:
        give_up = Deadline.after(self._clock, self._settings.give_up_s)
        sent = send_until_durable(target, body, give_up, stop)
        self._tally.add(body, sent)
        if self._ledger is not None:
            ended_us = unix_us(self._clock.now())
            self._ledger.write(Entry(body.tenant, sent.acked, ended_us, sent.attempts, body.events))

    def _report(self) -> Report:
        return self._tally.report(self._clock.monotonic_s() - self._began_s, self._behind_s)
