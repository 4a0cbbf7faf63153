"""The bodies that wait to be committed together: bounded in number and bytes, gathered into groups.

In: bodies from the event loop. Out: groups for the threads of `group_commit.py`, each within the bytes of one
flush. A full or closed queue refuses at once with TryLater: a body that waits where nobody comes is a lie.
"""

import asyncio
import threading
import time
from collections import deque
from dataclasses import dataclass

from analytics_hub.domain.errors import TryLater
from analytics_hub.settings import CollectorSettings, IngestSettings
from ingest.ports import Acceptance, Submission


@dataclass(slots=True)
class WaitingBody:
    """A body and who waits for it."""

    submission: Submission
    size_bytes: int
    future: "asyncio.Future[Acceptance]"
    traceparent: str = ""
    events: int = 0
    """By the independent splitter, once somebody has counted."""

    @property
    def given_up(self) -> bool:
        """Its client has been told to send again: storing it now would only make a duplicate."""
        return self.future.done()


class BodyQueue:
    """Filled by one event loop, emptied by threads."""

    def __init__(self, collector: CollectorSettings, ingest: IngestSettings) -> None:
        self._collector = collector
        self._ingest = ingest
        self._waiting: deque[WaitingBody] = deque()
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def fill(self) -> float:
        """From 0 to 1: by number or by bytes, whichever is fuller."""
        settings = self._collector
        return max(len(self._waiting) / settings.queue_bodies_max, self._bytes / settings.queue_bytes_max)

    def put(self, body: WaitingBody) -> None:
        settings = self._collector
        with self._changed:
            if self._closed:
                raise TryLater("draining", "This process is stopping: send again.")
            if (
                len(self._waiting) >= settings.queue_bodies_max
                or self._bytes + body.size_bytes > settings.queue_bytes_max
            ):
                raise TryLater("queue_full", "More bodies wait than can be stored at once: send again.")
            self._waiting.append(body)
            self._bytes += body.size_bytes
            self._changed.notify()

    def close(self) -> None:
        """Nothing more comes in; what waits is still handed out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self) -> list[WaitingBody] | None:
        """The next group, which may be empty; None when the queue is closed and nothing is left. Waits for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            self._linger()
            return self._group()

    def _linger(self) -> None:
        """A moment for more bodies, while the group is far from full."""
        ends_s = time.monotonic() + self._collector.gather_ms_max / 1000
        while not self._closed and self._bytes < self._ingest.batch_bytes_max:
            left_s = ends_s - time.monotonic()
            if left_s <= 0 or not self._changed.wait(left_s):
                return

    def _group(self) -> list[WaitingBody]:
        group: list[WaitingBody] = []
        size_bytes = 0
        while self._waiting:
            body = self._waiting[0]
            if group and size_bytes + body.size_bytes > self._ingest.batch_bytes_max:
                break
            self._waiting.popleft()
            self._bytes -= body.size_bytes
            if not body.given_up:
                group.append(body)
                size_bytes += body.size_bytes
        return group
