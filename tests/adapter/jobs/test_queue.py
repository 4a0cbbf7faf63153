"""The queue on a real database: rounds of all tenants, two workers at once, jobs that fail, jobs of lost processes."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from analytics_hub.cli.job_running import make_queue
from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.job import JobName
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.process import JobProcess
from analytics_hub.jobs.queue import JobQueue
from analytics_hub.jobs.work import Work
from analytics_hub.storage.connections import Timeouts, conninfo
from tests.support.database import Database
from tests.support.jobs import NOW, Jobs, jobs_on

QUICK: dict[str, Any] = {
    "poll_s": 0.05,
    "heartbeat_s": 0.1,
    "stalled_s": 1.0,
    "page_tenants": 4,
    "block_tenants": 1,
}
TENANTS = 6

Run = Callable[[JobName, TenantId], Awaitable[int]]


@pytest.fixture
def jobs(db: Database) -> Jobs:
    for number in range(TENANTS):
        db.add_tenant(f"tenant-{number}")
    made = jobs_on(db, **QUICK)
    make_queue(made.hub())
    return made


def a_queue(jobs: Jobs, run: Run) -> JobQueue:
    address = conninfo(jobs.db.maint_dsn, "hub-test", Timeouts(), search_path="hub_jobs")
    return JobQueue(address, run, jobs.book(), FixedClock(NOW), jobs.settings)


def in_queue(jobs: Jobs, status: str) -> list[tuple[str, int]]:
    with jobs.db.connect("hub_maint") as conn:
        return conn.execute(
            "SELECT task_name, attempts FROM hub_jobs.procrastinate_jobs WHERE status::text = %s ORDER BY id",
            [status],
        ).fetchall()


async def work_until(done: Callable[[], bool], *queues: JobQueue) -> None:
    """All of them at once, in one loop."""
    stop = asyncio.Event()

    async def watch() -> None:
        async with asyncio.timeout(120):
            while not done():
                await asyncio.sleep(0.02)
        stop.set()

    await asyncio.gather(watch(), *(queue.work(stop) for queue in queues))


def test_every_tenant_has_its_turn_and_no_two_jobs_of_one_run_at_once(jobs: Jobs) -> None:
    ended: set[tuple[JobName, TenantId]] = set()
    at_work: list[TenantId] = []
    together: list[TenantId] = []

    async def run(job: JobName, tenant: TenantId) -> int:
        together.extend([tenant] * (tenant in at_work))
        at_work.append(tenant)
        await asyncio.sleep(0.01)
        at_work.remove(tenant)
        ended.add((job, tenant))
        return 0

    both = a_queue(jobs, run), a_queue(jobs, run)
    asyncio.run(work_until(lambda: len(ended) == TENANTS * len(JobName), *both))
    assert together == []


def test_a_job_that_throws_stops_no_other(jobs: Jobs) -> None:
    ended: set[tuple[JobName, TenantId]] = set()

    async def run(job: JobName, tenant: TenantId) -> int:
        ended.add((job, tenant))
        if tenant == 2:
            raise ZeroDivisionError
        return 0

    asyncio.run(work_until(lambda: len(ended) == TENANTS * len(JobName), a_queue(jobs, run)))
    assert {name for name, _ in in_queue(jobs, "failed")} == {f"job:{job.value}" for job in JobName}


@pytest.fixture
def lost(jobs: Jobs) -> Callable[[int], None]:
    """Puts a job into the queue that a process began so many times, and died."""

    def put(attempts: int) -> None:
        with jobs.db.connect("hub_maint") as conn:
            conn.execute(
                "INSERT INTO hub_jobs.procrastinate_jobs (queue_name, task_name, args, status, attempts)"
                " VALUES ('hub', 'job:score', '{\"tenant_id\": 99}', 'doing', %s)",
                [attempts],
            )

    return put


def test_a_job_of_a_lost_process_begins_again(jobs: Jobs, lost: Callable[[int], None]) -> None:
    began: list[TenantId] = []

    async def run(job: JobName, tenant: TenantId) -> int:
        began.append(tenant)
        return 0

    lost(0)
    asyncio.run(work_until(lambda: TenantId(99) in began, a_queue(jobs, run)))


def test_a_job_that_ended_its_process_too_often_is_given_up(jobs: Jobs, lost: Callable[[int], None]) -> None:
    began: list[TenantId] = []

    async def run(job: JobName, tenant: TenantId) -> int:
        began.append(tenant)
        return 0

    lost(jobs.settings.attempts_max - 1)
    asyncio.run(work_until(lambda: bool(in_queue(jobs, "failed")), a_queue(jobs, run)))
    assert [name for name, _ in in_queue(jobs, "failed")] == ["job:score"]
    assert TenantId(99) not in began


def test_a_round_queues_no_tenant_twice(jobs: Jobs) -> None:
    async def never(job: JobName, tenant: TenantId) -> int:
        raise AssertionError

    async def main() -> list[int]:
        queue = a_queue(jobs, never)
        async with queue.opened():
            return [await queue.queue_round(JobName.SCORE) for _ in range(2)]

    assert asyncio.run(main()) == [TENANTS, 0]


def test_a_job_past_its_deadline_fails_and_the_process_is_to_end(jobs: Jobs) -> None:
    let_go = threading.Event()

    async def main() -> bool:
        hub = replace(jobs, settings=jobs.settings.model_copy(update={"deadline_s": 0.05}))
        async with hub.opened() as opened:
            tools = opened.process.tools
            process = JobProcess({JobName.SCORE: lambda _: int(let_go.wait(60))}, tools)
            with pytest.raises(Exception, match="job_overdue"):
                await process.run(JobName.SCORE, TenantId(1))
            let_go.set()
            return process.overdue.is_set()

    assert asyncio.run(main())


def test_of_many_tenants_one_that_throws_stops_no_other(jobs: Jobs) -> None:
    def body(work: Work) -> int:
        if work.tenant == 2:
            raise ZeroDivisionError
        return int(work.tenant)

    async def main() -> list[tuple[TenantId, int | Exception]]:
        async with jobs.opened() as opened:
            process = JobProcess({JobName.SCORE: body}, opened.process.tools)
            return await process.run_each(JobName.SCORE, [TenantId(number) for number in (1, 2, 3)])

    first, (_, error), last = asyncio.run(main())
    assert (first, last) == ((1, 1), (3, 3))
    assert isinstance(error, ZeroDivisionError)


def test_what_a_job_threw_is_on_record_and_the_next_run_begins(jobs: Jobs) -> None:
    def fails(_: object) -> int:
        raise ZeroDivisionError("a fit\0 that fails")

    async def main() -> None:
        async with jobs.opened() as opened:
            for body in (fails, lambda _: 3):
                process = JobProcess({JobName.SCORE: body}, opened.process.tools)
                try:
                    await process.run(JobName.SCORE, TenantId(1))
                except ZeroDivisionError:
                    continue

    asyncio.run(main())
    runs = jobs.stored(TenantId(1), "job_runs")
    assert sorted((run["state"], run["error"], run["rows_written"]) for run in runs) == [
        ("done", "", 3),
        ("failed", "ZeroDivisionError: a fit that fails", 0),
    ]


def test_connections_of_desks_are_kept_and_the_lock_is_let_go(jobs: Jobs) -> None:
    book, other = jobs.book(), jobs.book()
    seen = set()
    for tenant in (TenantId(1), TenantId(2), TenantId(1)):
        with book.desk(tenant), pytest.raises(TryLater, match="Another job"), other.desk(tenant):
            pass
        seen.add(book.kept())
    book.close()
    assert (seen, book.kept()) == ({1}, 0)


def test_a_kept_connection_that_has_ended_is_replaced(jobs: Jobs) -> None:
    book = jobs.book()
    with book.desk(TenantId(1)):
        pass
    with jobs.db.connect("postgres") as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'hub-jobs'"
        )
    with book.desk(TenantId(1)) as desk:
        assert desk.last_done(JobName.SCORE) is None
    book.close()
