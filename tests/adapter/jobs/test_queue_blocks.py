"""Scoring by blocks of tenants: one job of the queue for many of them, and none in another's way."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from analytics_hub.cli.job_running import make_queue
from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.job import TENANT_BUSY, JobName
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.queue import JobQueue
from analytics_hub.storage.connections import Timeouts, conninfo
from tests.support.database import Database
from tests.support.jobs import NOW, Jobs, jobs_on

TENANTS = 6
Run = Callable[[JobName, TenantId], Awaitable[int]]
Rows = list[tuple[str, str, dict[str, int]]]


@pytest.fixture
def jobs(db: Database) -> Jobs:
    for number in range(TENANTS):
        db.add_tenant(f"tenant-{number}")
    made = jobs_on(
        db, poll_s=0.05, heartbeat_s=0.1, stalled_s=1.0, page_tenants=3, block_tenants=4, at_once=1
    )
    make_queue(made.hub())
    return made


def a_queue(jobs: Jobs, run: Run) -> JobQueue:
    address = conninfo(jobs.db.maint_dsn, "hub-test", Timeouts(), search_path="hub_jobs")
    return JobQueue(address, run, jobs.book(), FixedClock(NOW), jobs.settings)


def scoring_jobs(jobs: Jobs) -> Rows:
    with jobs.db.connect("hub_maint") as conn:
        return conn.execute(
            "SELECT task_name, status::text, args FROM hub_jobs.procrastinate_jobs"
            " WHERE task_name LIKE '%:score' AND task_name <> 'round:score' ORDER BY id"
        ).fetchall()


async def work_until(done: Callable[[], bool], queue: JobQueue) -> None:
    stop = asyncio.Event()

    async def watch() -> None:
        async with asyncio.timeout(120):
            while not done():
                await asyncio.sleep(0.02)
        stop.set()

    await asyncio.gather(watch(), queue.work(stop))


def scored_by(jobs: Jobs, raised: dict[int, Exception]) -> list[TenantId]:
    """Works until every job of the first round has ended; whose turn it was, in order."""
    turns: list[TenantId] = []
    others: set[TenantId] = set()

    async def run(job: JobName, tenant: TenantId) -> int:
        if job is not JobName.SCORE:
            others.add(tenant)
            return 0
        turns.append(tenant)
        if tenant in raised and turns.count(tenant) == 1:
            raise raised[tenant]
        return 0

    def is_done() -> bool:
        waiting = [row for row in scoring_jobs(jobs) if row[1] in ("todo", "doing")]
        return set(turns) | others == set(range(1, TENANTS + 1)) and len(turns) >= TENANTS and not waiting

    asyncio.run(work_until(is_done, a_queue(jobs, run)))
    return turns


def test_a_round_is_of_blocks_and_none_waits_twice(jobs: Jobs) -> None:
    async def never(job: JobName, tenant: TenantId) -> int:
        raise AssertionError

    async def main() -> list[int]:
        queue = a_queue(jobs, never)
        async with queue.opened():
            return [await queue.queue_round(JobName.SCORE) for _ in range(2)]

    assert asyncio.run(main()) == [2, 0]
    assert [args for _, _, args in scoring_jobs(jobs)] == [{"first": 1, "last": 4}, {"first": 5, "last": 8}]


def test_a_tenant_whose_scoring_throws_stops_no_other(jobs: Jobs) -> None:
    assert scored_by(jobs, {2: ZeroDivisionError()}) == [1, 2, 3, 4, 5, 6]
    assert [(name, state, args["first"]) for name, state, args in scoring_jobs(jobs)] == [
        ("block:score", "failed", 1)
    ]


def test_a_busy_tenant_gets_a_job_of_its_own(jobs: Jobs) -> None:
    turns = scored_by(jobs, {2: TryLater(TENANT_BUSY, "busy")})
    assert sorted(turns) == [1, 2, 2, 3, 4, 5, 6]
    assert scoring_jobs(jobs) == []


def test_a_block_whose_process_ended_becomes_a_job_for_each_of_its_tenants(jobs: Jobs) -> None:
    with jobs.db.connect("hub_maint") as conn:
        conn.execute(
            "INSERT INTO hub_jobs.procrastinate_jobs (queue_name, task_name, args, status, attempts, lock)"
            " VALUES ('hub', 'block:score', '{\"first\": 1, \"last\": 4}', 'doing', 0, 'a block')"
        )
    alone: set[int] = set()

    async def run(job: JobName, tenant: TenantId) -> int:
        for name, state, args in scoring_jobs(jobs):
            if (name, state, args.get("tenant_id")) == ("job:score", "doing", tenant):
                alone.add(tenant)
        return 0

    asyncio.run(work_until(lambda: alone == {1, 2, 3, 4}, a_queue(jobs, run)))
