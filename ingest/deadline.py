"""One deadline that several waits share, and the guard that cuts a database connection when it passes.

In: a clock and a number of seconds. Out: `remaining_s()` for every wait on the way, `TryLater("deadline")`
when nothing is left. `cut_off` is for waits that take no time-out of their own: it shuts the socket down, so
that a client blocked on a silent server gets an error instead of waiting for ever. The connection is unusable
afterwards and must be thrown away.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import TryLater


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock that nothing may outlive."""

    clock: Clock
    ends_s: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> "Deadline":
        return cls(clock, clock.monotonic_s() + seconds)

    def remaining_s(self) -> float:
        return max(0.0, self.ends_s - self.clock.monotonic_s())

    @property
    def passed(self) -> bool:
        return self.remaining_s() <= 0

    def check(self, doing: str) -> None:
        """Raises TryLater when no time is left; `doing` ends the sentence "ran out of time …"."""
        if self.passed:
            raise TryLater("deadline", f"ran out of time {doing}")


@contextmanager
def cut_off(deadline: Deadline, fileno: int) -> Iterator[None]:
    """While inside, the socket behind `fileno` lives no longer than the deadline."""
    # A duplicate: the number itself may be reused for another file once the connection is closed.
    handle = socket.socket(fileno=os.dup(fileno))
    timer = threading.Timer(deadline.remaining_s(), _shut_down, [handle])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        handle.close()


def _shut_down(handle: socket.socket) -> None:
    try:
        handle.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster: the wait is over either way
