"""`hub jobs run` as a process: killed in the middle of a job, beside `hub up`."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from analytics_hub.cli.job_running import make_queue
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.tenant import TenantId
from tests.support.collecting import a_collector
from tests.support.command import COMMAND, environment
from tests.support.database import Database
from tests.support.jobs import daily_shape, jobs_on, put_hours

WAIT_S = 240.0
QUICK = {
    "HUB_JOBS_POLL_S": "0.2",
    "HUB_JOBS_HEARTBEAT_S": "0.5",
    "HUB_JOBS_STALLED_S": "6",
    "HUB_JOBS_HORIZON_H": "24",
    "HUB_JOBS_HORIZON_DAYS": "7",
}


@contextmanager
def running(db: Database, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([*COMMAND, "jobs", "run"], env=environment(db, **(QUICK | variables)))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def runs(db: Database) -> list[tuple[int, str, str]]:
    with db.connect("postgres") as admin:
        return admin.execute("SELECT tenant_id, job, state FROM hub.job_runs ORDER BY began_at").fetchall()


@pytest.fixture
def acme(db: Database) -> TenantId:
    tenant = TenantId(db.add_tenant("acme"))
    put_hours(db, tenant, daily_shape(21), end=SystemClock().now())
    make_queue(jobs_on(db).hub())
    return tenant


def test_a_job_whose_process_is_killed_is_done_by_the_next_one(db: Database, acme: TenantId) -> None:
    with db.connect("postgres", autocommit=False) as holder:
        # The job waits here, so that the process is killed while it is at work.
        holder.execute("LOCK TABLE hub.forecasts IN ACCESS EXCLUSIVE MODE")
        with running(db) as first:
            wait_until(lambda: (acme, "refit", "running") in runs(db), "no refit began")
            first.send_signal(signal.SIGKILL)
            first.wait()
    with running(db) as second:
        wait_until(lambda: (acme, "refit", "done") in runs(db), "nobody took the refit up again")
        second.terminate()
        assert second.wait(WAIT_S) == 0
    assert (acme, "refit", "lost") in runs(db)
    assert {row["metric"] for row in jobs_on(db).stored(acme, "forecasts")} >= {"events", "cost_usd"}


def test_hub_up_runs_jobs_beside_and_starts_them_again(db: Database, acme: TenantId, tmp_path: Path) -> None:
    with a_collector(db, tmp_path, HUB_JOBS_BESIDE_UP="true", **QUICK) as up:
        wait_until(lambda: (acme, "score", "done") in runs(db), "no job ran")
        (first,) = _children(up.process.pid)
        psutil.Process(first).kill()
        wait_until(lambda: _children(up.process.pid) not in ([], [first]), "not started again")
        (second,) = _children(up.process.pid)
        assert up.is_well()
        up.process.kill()
        wait_until(lambda: not _is_alive(second), "the jobs outlived the hub")


def _children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children() if _is_alive(child.pid)]


def _is_alive(pid: int) -> bool:
    """An orphan that nobody has reaped is not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
