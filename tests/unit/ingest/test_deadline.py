"""One deadline for several waits, and the guard that ends a wait on a silent peer."""

import socket
from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.domain.clock import FixedClock, SystemClock
from analytics_hub.domain.errors import TryLater
from ingest.deadline import Deadline, cut_off


def test_waits_share_what_is_left() -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    deadline = Deadline.after(clock, 10)
    clock.advance(timedelta(seconds=7))
    assert deadline.remaining_s() == pytest.approx(3)


def test_a_passed_deadline_says_what_was_being_done() -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    deadline = Deadline.after(clock, 1)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(TryLater, match="ran out of time counting"):
        deadline.check("counting")


def test_a_wait_on_a_silent_peer_ends_at_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, cut_off(Deadline.after(SystemClock(), 0.05), ours.fileno()):
        assert ours.recv(1) == b""


def test_a_connection_that_is_done_in_time_stays_usable() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with cut_off(Deadline.after(SystemClock(), 60), ours.fileno()):
            theirs.send(b"x")
        assert ours.recv(1) == b"x"
