"""One writer's connection: opened when needed, tried again, thrown away when in doubt. Every wait ends at
a deadline.

In: what to do on the connection. Out: its result, or a HubError: `TryLater` when the database stayed away or
busy until the deadline, `Broken` for what no waiting mends. Conflicts between writers are tried again a
bounded number of times; a server that is away is waited for until the deadline.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar

import psycopg

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken, HubError, TryLater
from analytics_hub.settings import FlushSettings
from analytics_hub.storage.statements import statements
from analytics_hub.telemetry import FLUSH_RETRIES
from ingest.deadline import Deadline, cut_off
from ingest.ports import Fence
from ingest.postgres import fence as fencing
from ingest.postgres.copy_in import Connection

_SQL = statements("flush")
_T = TypeVar("_T")
_PAUSE_S: Final = 0.05  # doubles with every try
_PAUSE_S_MAX: Final = 2.0
# Serialisation, deadlock, lock and statement time-outs: the same transaction may pass next time.
_CONFLICTS: Final = ("40001", "40P01", "55P03", "57014")
# Connection, resources, operator's hand, system: the server must come back first.
_AWAY_CLASSES: Final = ("08", "53", "57", "58")


class Refused(Exception):  # noqa: N818  a turn in the flush, never seen outside of it
    """The database refuses rows for what is in them."""

    def __init__(self, cause: psycopg.Error) -> None:
        super().__init__(sentence(cause))
        self.cause = cause


class Session:
    """Keeps one connection with the temp tables of the flush. Not shared between threads."""

    def __init__(self, connect: Callable[[], Connection], settings: FlushSettings, clock: Clock) -> None:
        self._connect = connect
        self._settings = settings
        self._clock = clock
        self._conn: Connection | None = None

    def deadline(self) -> Deadline:
        """The deadline of a flush that begins now."""
        return Deadline.after(self._clock, self._settings.deadline_s)

    def run(self, deadline: Deadline, act: Callable[[Connection], _T], fence: Fence | None = None) -> _T:
        """Try until it is done, the conflicts are too many or the deadline passes."""
        conflicts = tries = 0
        blocked = False
        while True:
            try:
                if blocked and fence is not None:
                    self._end_blockers(deadline, fence)
                return self._once(deadline, act)
            except (psycopg.Error, TryLater) as error:
                conflicts += _is_conflict(error)
                tries += 1
                if not (_is_conflict(error) or _is_away(error)):
                    raise Broken("flush_failed", sentence(error)) from error
                pause_s = min(_PAUSE_S * 2**tries, _PAUSE_S_MAX)
                if conflicts > self._settings.retries_max or deadline.remaining_s() <= pause_s:
                    message = f"not stored: {sentence(error)}"
                    raise TryLater("database_unavailable", message, retry_after_s=5) from error
                blocked = isinstance(error, psycopg.errors.LockNotAvailable)
            FLUSH_RETRIES.inc()
            time.sleep(pause_s)

    def discard(self) -> None:
        """Throw the connection away; the next use opens another one."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _once(self, deadline: Deadline, act: Callable[[Connection], _T]) -> _T:
        if self._conn is None:
            self._conn = self._opened(deadline)
        conn = self._conn
        with cut_off(deadline, conn.fileno()):
            try:
                return act(conn)
            except (psycopg.Error, HubError, Refused):
                if deadline.passed or not _rolled_back(conn):
                    self.discard()
                raise
            except BaseException:
                self.discard()
                raise

    def _opened(self, deadline: Deadline) -> Connection:
        conn = self._connect()
        try:
            with cut_off(deadline, conn.fileno()):
                self._make_ready(conn)
        except BaseException:
            conn.close()  # a server without room takes connections and makes no temp tables
            raise
        return conn

    def _make_ready(self, conn: Connection) -> None:
        conn.autocommit = False  # the flush begins with its first statement and commits by name
        waits = {
            "lock_timeout": f"{self._settings.lock_timeout_ms}ms",
            "statement_timeout": f"{self._settings.statement_timeout_ms}ms",
        }
        with conn.transaction():
            conn.execute(_SQL["bound_waits"], waits)
            conn.execute(_SQL["make_temp_events"])
            conn.execute(_SQL["make_temp_keys"])
            conn.execute(_SQL["make_temp_series"])
            conn.execute(_SQL["make_temp_dead_letters"])

    def _end_blockers(self, deadline: Deadline, fence: Fence) -> None:
        self._once(deadline, lambda conn: fencing.end_blockers(conn, fence))


def sentence(error: Exception) -> str:
    """The first line of what an error says."""
    return str(error).strip().split("\n", 1)[0]


def _rolled_back(conn: Connection) -> bool:
    try:
        conn.rollback()
    except psycopg.Error:
        return False
    return not conn.broken


def _is_conflict(error: Exception) -> bool:
    return isinstance(error, psycopg.Error) and error.sqlstate in _CONFLICTS


def _is_away(error: Exception) -> bool:
    if isinstance(error, TryLater):
        return True
    if isinstance(error, psycopg.Error) and error.sqlstate is not None:
        return error.sqlstate.startswith(_AWAY_CLASSES)
    return isinstance(error, psycopg.OperationalError)  # the connection itself
