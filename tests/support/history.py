"""Months of old events for tests, and `hub load --history` in a process of its own that is fed bit by bit.

In: days and events a day. Out: their lines in the order of time; a running load whose input stays open, so that a test
decides what the load knows while the test looks.
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tests.support.command import COMMAND, environment
from tests.support.database import Database
from tests.support.ingest import event

FIRST = datetime(2025, 3, 1, tzinfo=UTC)
WAIT_S = 180.0
_LOOK_S = 0.05


def day_lines(day: int, events: int = 24, tenant: str = "acme") -> list[bytes]:
    """The events of one day, evenly over it."""
    start, step = FIRST + timedelta(days=day), timedelta(days=1) / events
    return [
        event(number, id=f"{tenant}-{day}-{number}", time=(start + number * step).isoformat())
        for number in range(events)
    ]


def history(days: int, events: int = 24, tenant: str = "acme") -> bytes:
    """So many days, in the order of time, as NDJSON."""
    return b"".join(line + b"\n" for day in range(days) for line in day_lines(day, events, tenant))


class RunningLoad:
    """A load that reads what the test writes."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def feed(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(body)
        self.process.stdin.flush()

    def finish(self) -> tuple[int, str, str]:
        """Ends the input. The exit status, standard output and standard error."""
        out, err = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, out.decode(), err.decode()


@contextmanager
def running_load(db: Database, tenant: str, **variables: str) -> Iterator[RunningLoad]:
    """`hub load - --history --json`; killed at the end if it still runs."""
    process = subprocess.Popen(
        [*COMMAND, "load", "-", "--tenant", tenant, "--history", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(db, HUB_INGEST_BATCH_WAIT_MS_MAX="20", **variables),
    )
    try:
        yield RunningLoad(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def wait_until(load: RunningLoad, done: Callable[[], bool], what: str) -> None:
    """Waits until it is so. Fails when the load has died, or after a minute."""
    ends_s = time.monotonic() + WAIT_S
    while not done():
        if load.process.poll() is not None:
            raise AssertionError(f"the load ended while waiting for {what}: {load.finish()}")
        if time.monotonic() > ends_s:
            raise AssertionError(f"no {what} in {WAIT_S:.0f} s")
        time.sleep(_LOOK_S)


def counted(db: Database, statement: str, *args: object) -> int:
    """The one number that a question of hub_maint gives."""
    with db.connect("hub_maint") as conn:
        row = conn.execute(statement.encode(), args).fetchone()
    assert row is not None
    return int(row[0] or 0)
