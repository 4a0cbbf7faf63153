"""The flush: the only commit of event data, one transaction, numbered steps.

In: a prepared batch and, for a durable partition, its fence. Out: `Flushed` once the transaction is durable.
What each step loses or repeats when the process dies right after it:

    0 days     `ensure_day` for days not seen yet, committed by itself   repeated, harmless
    1 begin    number of the flush, its transaction id                   nothing written yet
    2 fence    the partition's offset moves, or `Fenced`                 rolled back with all that follows
    3 series   new series, within the tenants' budgets                   rolled back; the cache learnt nothing
    4 events   COPY in a savepoint; known events leave the batch         rolled back
    5 deltas   sums and sketches by series and minute, their marks       rolled back
    6 books    ledger and dead letters                                   rolled back
    7 commit   all of it or nothing                                      in doubt: see `_settle`
    8 answer   the cache learns, the caller moves on                     read again: all duplicates

Where the rows come from is `pipeline.py`; the parts that speak SQL are in `ingest/postgres`; `memory.py` is
the twin.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, TypeVar

import psycopg

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken, HubError, TryLater
from analytics_hub.settings import FlushSettings
from analytics_hub.storage.statements import statements
from ingest.deadline import Deadline, cut_off
from ingest.decode import PreparedBatch
from ingest.failpoint import Failpoints
from ingest.ports import Fence, Flushed
from ingest.postgres import events, poison, series
from ingest.postgres import fence as fencing
from ingest.postgres.copy_in import Connection, copy_in
from rust_core import SeriesCache, SeriesRows

_SQL = statements("flush")
_T = TypeVar("_T")
_EPOCH: Final = date(1970, 1, 1)
_POISON_ROUNDS_MAX: Final = 3  # one is enough unless the refused rows hid others
_DAYS_A_CALL: Final = 100  # ensure_day takes 366 at most, and holds a dozen locks for each
_PAUSE_S: Final = 0.05  # doubles with every try
_PASSING: Final = (
    "40001",
    "40P01",
    "55P03",
    "57014",
)  # conflicts and time-outs: the same flush may pass next time
_PASSING_CLASSES: Final = (
    "08",
    "53",
    "57",
    "58",
)  # connection, resources, operator, system: wait for the server


class PostgresSink:
    """The sink on PostgreSQL. One connection, one flush at a time; not shared between threads."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        settings: FlushSettings,
        clock: Clock,
        *,
        cache: SeriesCache | None = None,
        failpoints: Failpoints | None = None,
    ) -> None:
        self._connect = connect
        self._settings = settings
        self._clock = clock
        self._cache = cache if cache is not None else SeriesCache()
        self._failpoints = failpoints or Failpoints()
        self._conn: Connection | None = None
        self._days: set[int] = set()
        self._careful = 0
        """Flushes left that expect duplicates: a steady trickle of resends must not pay for two attempts."""

    def claim(self, partition_key: str, first_offset: int) -> Fence:
        deadline = Deadline.after(self._clock, self._settings.deadline_s)
        wanted = Fence(partition_key, epoch=0, next_offset=first_offset)
        return self._until_done(
            deadline, wanted, lambda conn: fencing.claim(conn, partition_key, first_offset)
        )

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        deadline = Deadline.after(self._clock, self._settings.deadline_s)
        for _ in range(_POISON_ROUNDS_MAX):
            try:
                return self._until_done(
                    deadline, fence, lambda conn: self._once(conn, prepared, fence, next_offset)
                )
            except _Refused as refused:
                verdict = self._until_done(
                    deadline, fence, lambda conn: poison.find_poison(conn, prepared.batch, deadline)
                )
                if not verdict.rows:
                    raise Broken("database_refuses_data", str(refused.cause)) from refused.cause
                prepared.refuse(verdict.rows, verdict.text)
        raise Broken("database_refuses_data", "rows are still refused after the guilty ones were taken out")

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    # -- one attempt
    # ---------------------------------------------------------------------------------------------

    def _once(
        self, conn: Connection, prepared: PreparedBatch, fence: Fence | None, next_offset: int
    ) -> Flushed:
        hit = self._failpoints.hit
        hit("flush.begin")
        self._ensure_days(conn, prepared)  # 0
        hit("flush.after_days")
        flush_id, transaction_id = self._begin(conn, fence)  # 1
        hit("flush.after_begin")
        if fence is not None and not fencing.advance(conn, fence, next_offset):  # 2
            conn.rollback()
            fencing.had_committed(conn, fence, next_offset)
            return Flushed(prepared.count(), replace(fence, next_offset=next_offset), already_committed=True)
        hit("flush.after_fence")
        new_series = series.write_series(conn, prepared, self._cache)  # 3
        hit("flush.after_series")
        self._write_events(conn, prepared)  # 4
        hit("flush.after_events")
        self._write_sums(conn, prepared, flush_id)  # 5
        self._write_books(conn, prepared, flush_id)  # 6
        self._commit(conn, prepared, transaction_id, fenced=fence is not None)  # 7
        hit("flush.after_commit")
        self._learn(new_series)  # 8
        return Flushed(prepared.count(), replace(fence, next_offset=next_offset) if fence else None)

    def _ensure_days(self, conn: Connection, prepared: PreparedBatch) -> None:
        missing = [day for day in prepared.batch.days() if day not in self._days]
        for at in range(0, len(missing), _DAYS_A_CALL):
            some = missing[at : at + _DAYS_A_CALL]
            with conn.transaction():
                conn.execute(_SQL["ensure_days"], {"days": [_EPOCH + timedelta(days=day) for day in some]})
            self._days.update(some)

    def _begin(self, conn: Connection, fence: Fence | None) -> tuple[int, str]:
        name = fencing.application_name(fence)
        row = conn.execute(_SQL["start"], {"application_name": name}).fetchone()
        if row is None:
            raise Broken("no_flush_id", "the database gave no flush id")
        return row[0], row[1]

    def _write_events(self, conn: Connection, prepared: PreparedBatch) -> None:
        def inside_copy() -> None:
            self._failpoints.hit("flush.inside_copy")

        if not len(prepared.batch):
            return
        try:
            if self._careful == 0 and events.write_at_once(conn, prepared, inside_copy):
                return
            if events.write_carefully(conn, prepared, inside_copy):
                self._careful = self._settings.careful_flushes
            else:
                self._careful = max(0, self._careful - 1)
        except psycopg.Error as error:
            if poison.is_about_data(error):
                raise _Refused(error) from error
            if isinstance(error, psycopg.errors.CheckViolation):
                self._days.clear()  # a day's partition is gone since we asked for it
                raise TryLater("day_missing", "the partition of a day vanished; it is made again") from error
            raise

    def _write_sums(self, conn: Connection, prepared: PreparedBatch, flush_id: int) -> None:
        copy_in(conn, _SQL["copy_deltas"], prepared.deltas().copy())
        self._failpoints.hit("flush.after_deltas")
        copy_in(conn, _SQL["copy_marks"], prepared.batch.copy_marks(flush_id))
        self._failpoints.hit("flush.after_marks")

    def _write_books(self, conn: Connection, prepared: PreparedBatch, flush_id: int) -> None:
        copy_in(conn, _SQL["copy_ledger"], prepared.batch.copy_ledger(flush_id))
        self._failpoints.hit("flush.after_ledger")
        if prepared.batch.rejects_total:
            copy_in(conn, _SQL["copy_dead_letters"], prepared.batch.copy_dead_letters(flush_id))
        self._failpoints.hit("flush.after_dead_letters")

    def _commit(
        self, conn: Connection, prepared: PreparedBatch, transaction_id: str, *, fenced: bool
    ) -> None:
        try:
            conn.commit()
        except psycopg.OperationalError as error:
            # A fence settles it on the next try: the offset has moved or it has not.
            if fenced or not self._settle(prepared, transaction_id):
                raise TryLater("commit_lost", "the connection was lost during the commit") from error

    def _settle(self, prepared: PreparedBatch, transaction_id: str) -> bool:
        """The commit's answer was lost: ask a new connection whether it happened.

        A server that crashed may have given the same number to another transaction, so the rows are
        looked at too.
        """
        self._discard()
        deadline = Deadline.after(self._clock, self._settings.deadline_s)

        def outcome(conn: Connection) -> bool:
            with conn.transaction():
                row = conn.execute(_SQL["transaction_status"], {"xid": transaction_id}).fetchone()
            if row is not None and row[0] == "in progress":
                raise TryLater("commit_in_doubt", "the server has not decided yet about the commit")
            return row is not None and row[0] == "committed" and events.all_present(conn, prepared)

        return self._until_done(deadline, None, outcome)

    def _learn(self, new_series: SeriesRows) -> None:
        if len(new_series):
            self._cache.learn(new_series)

    # -- trying again
    # --------------------------------------------------------------------------------------------

    def _until_done(self, deadline: Deadline, fence: Fence | None, act: Callable[[Connection], _T]) -> _T:
        """Try until it is done, the tries are used up or the deadline passes."""
        last: Exception | None = None
        for attempt in range(self._settings.retries_max + 1):
            if attempt:
                time.sleep(min(_PAUSE_S * 2**attempt, deadline.remaining_s()))
            if deadline.passed:
                break
            try:
                return self._with_connection(deadline, act)
            except psycopg.errors.LockNotAvailable as error:
                last = error
                if fence is not None:
                    self._with_connection(deadline, lambda conn: fencing.end_blockers(conn, fence))
            except (psycopg.Error, TryLater) as error:
                if not _is_passing(error):
                    raise Broken("flush_failed", _sentence(error)) from error
                last = error
        raise TryLater("database_unavailable", f"not stored: {_sentence(last)}", retry_after_s=5) from last

    def _with_connection(self, deadline: Deadline, act: Callable[[Connection], _T]) -> _T:
        """Run on the kept connection, or a new one. After an error it is rolled back or thrown away."""
        if self._conn is None:
            self._conn = self._opened()
        conn = self._conn
        with cut_off(deadline, conn.fileno()):
            try:
                return act(conn)
            except (psycopg.Error, HubError, _Refused):
                if deadline.passed or not _rolled_back(conn):
                    self._discard()
                raise
            except BaseException:
                self._discard()
                raise

    def _opened(self) -> Connection:
        conn = self._connect()
        conn.autocommit = False  # the flush begins with its first statement and commits by name
        waits = {
            "lock_timeout": f"{self._settings.lock_timeout_ms}ms",
            "statement_timeout": f"{self._settings.statement_timeout_ms}ms",
        }
        with conn.transaction():
            conn.execute(_SQL["bound_waits"], waits)
            conn.execute(_SQL["make_temp_events"])
            conn.execute(_SQL["make_temp_series"])
        return conn

    def _discard(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None


class _Refused(Exception):  # noqa: N818  a turn in the flush, never seen outside of it
    """The database refuses rows for what is in them."""

    def __init__(self, cause: psycopg.Error) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _rolled_back(conn: Connection) -> bool:
    try:
        conn.rollback()
    except psycopg.Error:
        return False
    return not conn.broken


def _is_passing(error: Exception) -> bool:
    if isinstance(error, TryLater):
        return True
    state = getattr(error, "sqlstate", None)
    if state is None:
        return isinstance(error, psycopg.OperationalError)  # the connection itself
    return state in _PASSING or state.startswith(_PASSING_CLASSES)


def _sentence(error: Exception | None) -> str:
    return str(error).strip().split("\n", 1)[0] if error is not None else "out of time"
