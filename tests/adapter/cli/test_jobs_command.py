"""`hub jobs` as an operator meets it: a job now, what is scheduled, how it went."""

import pytest

from analytics_hub.cli.job_running import make_queue
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.tenant import TenantId
from tests.support.command import Run, run_on
from tests.support.database import Database
from tests.support.jobs import daily_shape, jobs_on, put_hours


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    tenant = TenantId(db.add_tenant("acme"))
    put_hours(db, tenant, daily_shape(21), end=SystemClock().now())
    db.add_tenant("quiet")
    return run_on(db, monkeypatch)


def test_a_job_runs_now_for_every_tenant_or_for_one(run: Run, db: Database) -> None:
    make_queue(jobs_on(db).hub())
    assert "month_end: 1 tenants, 1 rows written" in run.good(
        "jobs", "run", "--once", "month_end", "--tenant", "acme"
    )
    assert "month_end: 2 tenants, 1 rows written" in run.good("jobs", "run", "--once", "month_end")
    listed = run.good("jobs", "list").splitlines()
    assert [line.split()[0] for line in listed] == ["job", "score", "refit", "month_end", "backtest_report"]
    assert "never" in listed[1]
    assert listed[3].split()[-5:-2] == ["0", "3", "0"]
    runs = run.good("jobs", "list", "--tenant", "acme").splitlines()
    assert [line.split()[:2] for line in runs[1:]] == [["acme", "month_end"]] * 2


def test_a_tenant_that_is_not_there_is_refused(run: Run) -> None:
    assert "no_such_tenant" in run.bad("jobs", "run", "--once", "score", "--tenant", "nobody")


def test_a_database_without_the_queue_says_what_to_do(run: Run) -> None:
    assert "hub migrate" in run.bad("jobs", "run", "--once", "score")


def test_migrating_makes_the_queue_once(run: Run) -> None:
    assert "applied  the job queue" in run.good("migrate")
    assert "job queue" not in run.good("migrate")
