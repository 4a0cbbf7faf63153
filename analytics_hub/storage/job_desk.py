"""What a job has of its tenant in the database, over one connection of hub_maint: the lock, the run on record, the
findings; and the operator's list of runs.

In: a tenant, what a run says of itself. Out: `JobDesk`, with the lock held until it is left or its connection closes,
whatever way it does. The ports are in `analytics_hub/jobs/ports.py`.

Connections are kept for the next desk: ten thousand tenants are scored every hour, and a new server process would read
its catalogs anew for each. Their commits do not wait for the disk. A server that dies forgets the last of them, in
order: what it forgets of a run is done again by the next one, and the queue's own commit at the end of a job waits for
all before it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg

from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.job import TENANT_BUSY, JobName, JobRun, JobState, JobSummary, RunId
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.advisory import LockClass
from analytics_hub.storage.connections import tenant_writing
from analytics_hub.storage.finding_book import FindingWriter, PostgresFindingBook
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.statements import statements

_SQL = statements("jobs")
_ERROR_CHARS_MAX = 2_000  # of the column

_NO_TENANT = 0  # numbers begin with 1

Connect = Callable[[], psycopg.Connection[Any]]


class JobDesk:
    """One tenant's, held by one job at a time."""

    def __init__(self, connection: psycopg.Connection[Any], tenant: TenantId) -> None:
        self._connection = connection
        self._tenant = tenant
        self._findings = PostgresFindingBook(connection)

    def writing(self) -> AbstractContextManager[FindingWriter]:
        """One transaction."""
        return self._findings.writing(self._tenant)

    def begin(self, job: JobName, at: datetime) -> RunId:
        """Runs that nobody has ended are lost: their processes no longer hold the lock."""
        run = RunId(uuid4())
        self._write(("lose_runs", "begin_run"), {"run_id": run, "job": job.value, "at": at})
        return run

    def progress(self, run: RunId, done: int, all_steps: int) -> None:
        self._write(("progress",), {"run_id": run, "done": done, "all": all_steps})

    def end(
        self,
        run: RunId,
        state: JobState,
        at: datetime,
        *,
        steps: tuple[int, int],
        rows: int = 0,
        error: str = "",
    ) -> None:
        """`steps`: so many of how many."""
        done, all_steps = steps
        args = {
            "run_id": run,
            "state": state.value,
            "at": at,
            "done": done,
            "all": all_steps,
            "rows": rows,
            # PostgreSQL takes no NUL in a text, and an error may quote anything.
            "error": error.replace("\0", "")[:_ERROR_CHARS_MAX],
        }
        self._write(("end_run",), args)

    def last_done(self, job: JobName) -> datetime | None:
        """When the newest run that ended well began."""
        with translated(), tenant_writing(self._connection, self._tenant) as cursor:
            cursor.execute(_SQL["last_done"], {"tenant_id": int(self._tenant), "job": job.value})
            row = cursor.fetchone()
        return None if row is None or row[0] is None else row[0].astimezone(UTC)

    def drop_runs_before(self, before: datetime) -> None:
        self._write(("drop_old_runs",), {"before": before})

    def announce(self) -> None:
        """Tells those who listen that something of this tenant has changed; after the commit."""
        with translated():
            self._connection.execute(_SQL["announce"], {"tenant_id": int(self._tenant)})

    def _write(self, names: Sequence[str], args: dict[str, Any]) -> None:
        with translated(), tenant_writing(self._connection, self._tenant) as cursor:
            for name in names:
                cursor.execute(_SQL[name], {"tenant_id": int(self._tenant), **args})


class PostgresJobBook:
    """Opens desks, each over a connection of its own; lists tenants and runs."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._kept: list[psycopg.Connection[Any]] = []  # as many as there were desks at a time
        self._closed = False

    @contextmanager
    def desk(self, tenant: TenantId) -> Iterator[JobDesk]:
        """TryLater when another process works for this tenant."""
        args = {"lock_class": LockClass.JOB, "tenant_id": int(tenant)}
        with translated():
            connection = self._taken()
            try:
                if connection.execute(_SQL["lock_tenant"], args).fetchone() != (True,):
                    raise TryLater(TENANT_BUSY, "Another job of this tenant is at work.")
                yield JobDesk(connection, tenant)
                connection.execute(_SQL["unlock_tenant"], args)
            except BaseException:
                connection.close()  # and with it the lock
                raise
            self._keep(connection)

    def close(self) -> None:
        """The kept connections, and whichever is given back later."""
        self._closed = True
        while self._kept:
            self._kept.pop().close()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else is in here."""
        with self._connected() as connection:
            args = {"lock_class": LockClass.JOB, "tenant_id": _NO_TENANT}
            yield connection.execute(_SQL["lock_tenant"], args).fetchone() == (True,)

    def kept(self) -> int:
        return len(self._kept)

    def tenants(self, after: TenantId | None, limit: int) -> Sequence[TenantId]:
        """A page of all tenants, by number."""
        with self._connected() as connection:
            rows = connection.execute(_SQL["page_of_tenants"], {"after": after or 0, "limit": limit})
            return [TenantId(tenant) for (tenant,) in rows]

    def newest_runs(
        self, tenant: TenantId | None, states: Sequence[JobState], limit: int
    ) -> Sequence[JobRun]:
        """The newest first; of every tenant when none is named, in any state when none is named."""
        args = {
            "tenant_id": tenant and int(tenant),
            "states": [state.value for state in states] or None,
            "limit": limit,
        }
        with self._connected() as connection:
            return [_run(row) for row in connection.execute(_SQL["newest_runs"], args)]

    def summaries(self, since: datetime) -> Sequence[JobSummary]:
        """One for each job that has run since."""
        with self._connected() as connection:
            return [_summary(row) for row in connection.execute(_SQL["summaries"], {"since": since})]

    def _taken(self) -> psycopg.Connection[Any]:
        """One that still answers, or a new one. Lists pop and append whole, whichever thread does."""
        while self._kept:
            connection = self._kept.pop()
            try:
                connection.execute(_SQL["still_there"])
            except psycopg.OperationalError:
                connection.close()
            else:
                return connection
        connection = self._connect()
        connection.execute(_SQL["commit_at_once"])
        return connection

    def _keep(self, connection: psycopg.Connection[Any]) -> None:
        self._kept.append(connection)
        if self._closed:
            self.close()

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        with translated(), self._connect() as connection:
            yield connection


def _run(row: Sequence[Any]) -> JobRun:
    slug, job, state, began_at, ended_at, *rest = row
    ended = ended_at and ended_at.astimezone(UTC)
    return JobRun(slug, job, JobState(state), began_at.astimezone(UTC), ended, *rest)


def _summary(row: Sequence[Any]) -> JobSummary:
    job, last_began_at, running, done, failed, lost, median_s, last_error = row
    return JobSummary(
        job,
        last_began_at.astimezone(UTC),
        running,
        done,
        failed,
        lost,
        median_s,
        last_error,
    )
