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

Where the rows come from is `pipeline.py`; the parts that speak SQL are in `ingest/postgres`, trying again in
its `session.py`; `memory.py` is the twin.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Final

import psycopg

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.settings import FlushSettings
from analytics_hub.storage.statements import statements
from ingest.decode import PreparedBatch
from ingest.failpoint import Failpoints
from ingest.ports import Fence, Flushed
from ingest.postgres import dead_letters, events, poison, series
from ingest.postgres import fence as fencing
from ingest.postgres.copy_in import Connection, copy_in
from ingest.postgres.session import Refused, Session
from rust_core import SeriesCache, SeriesRows

_SQL = statements("flush")
_EPOCH: Final = date(1970, 1, 1)
_POISON_ROUNDS_MAX: Final = 3  # one is enough unless the refused rows hid others
_DAYS_A_CALL: Final = 100  # ensure_day takes 366 at most, and holds a dozen locks for each


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
        self._session = Session(connect, settings, clock)
        self._settings = settings
        self._cache = cache if cache is not None else SeriesCache()
        self._failpoints = failpoints or Failpoints()
        self._days: set[int] = set()
        self._careful = 0
        """Flushes left that expect duplicates: a steady trickle of resends must not pay for two attempts."""

    def claim(self, partition_key: str, first_offset: int) -> Fence:
        wanted = Fence(partition_key, epoch=0, next_offset=first_offset)
        return self._session.run(
            self._session.deadline(), lambda conn: fencing.claim(conn, partition_key, first_offset), wanted
        )

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        self._make_days(prepared)
        deadline = self._session.deadline()
        for _ in range(_POISON_ROUNDS_MAX):
            try:
                return self._session.run(
                    deadline, lambda conn: self._once(conn, prepared, fence, next_offset), fence
                )
            except Refused as refused:
                verdict = self._session.run(
                    deadline, lambda conn: poison.find_poison(conn, prepared.batch, deadline)
                )
                if not verdict.rows:
                    raise Broken("database_refuses_data", str(refused)) from refused.cause
                prepared.refuse(verdict.rows, verdict.text)
        raise Broken("database_refuses_data", "rows are still refused after the guilty ones were taken out")

    def close(self) -> None:
        self._session.discard()

    def _once(
        self, conn: Connection, prepared: PreparedBatch, fence: Fence | None, next_offset: int
    ) -> Flushed:
        hit = self._failpoints.hit
        hit("flush.begin")
        self._ensure_days(conn, self._unseen_days(prepared))  # 0, again after a day has vanished
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

    def _make_days(self, prepared: PreparedBatch) -> None:
        """Days never seen, before the flush and outside of its deadline: years of history have thousands."""
        missing = self._unseen_days(prepared)
        for at in range(0, len(missing), _DAYS_A_CALL):
            some = missing[at : at + _DAYS_A_CALL]
            self._session.run(self._session.deadline(), partial(self._ensure_days, days=some))

    def _ensure_days(self, conn: Connection, days: Sequence[int]) -> None:
        if days:
            with conn.transaction():
                conn.execute(_SQL["ensure_days"], {"days": [_EPOCH + timedelta(days=day) for day in days]})
            self._days.update(days)

    def _unseen_days(self, prepared: PreparedBatch) -> list[int]:
        return [day for day in prepared.batch.days() if day not in self._days]

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
            known = events.drop_known(conn, prepared)
            if not events.write_at_once(conn, prepared, inside_copy):
                known += events.write_carefully(conn, prepared, inside_copy)
            self._careful = self._settings.careful_flushes if known else max(0, self._careful - 1)
        except psycopg.Error as error:
            if poison.is_about_data(error):
                raise Refused(error) from error
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
            dead_letters.write_dead_letters(conn, prepared, flush_id, self._settings)
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
        self._session.discard()

        def outcome(conn: Connection) -> bool:
            with conn.transaction():
                row = conn.execute(_SQL["transaction_status"], {"xid": transaction_id}).fetchone()
            if row is not None and row[0] == "in progress":
                raise TryLater("commit_in_doubt", "the server has not decided yet about the commit")
            return row is not None and row[0] == "committed" and events.all_present(conn, prepared)

        try:
            return self._session.run(self._session.deadline(), outcome)
        except TryLater as error:
            # Trying the flush again would count what it received twice, if it is durable after all.
            raise Broken(
                "commit_in_doubt", "nobody can say whether the last flush is stored; load it again"
            ) from error

    def _learn(self, new_series: SeriesRows) -> None:
        if len(new_series):
            self._cache.learn(new_series)
