"""What the jobs of one tenant read and write is its own: a word of another one's is found nowhere."""

from collections.abc import Iterator

import pytest
import structlog

from analytics_hub.domain.job import JobName
from analytics_hub.domain.tenant import TenantId
from tests.support.database import Database
from tests.support.jobs import daily_shape, jobs_on, put_hours

CANARY = "canary-of-a"
TABLES = ("forecasts", "anomalies", "incidents", "job_runs", "forecast_accuracy")


@pytest.fixture
def said() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_a_canary_of_one_tenant_appears_in_nothing_of_another(
    db: Database, said: list[structlog.typing.EventDict]
) -> None:
    a, b = TenantId(db.add_tenant("a")), TenantId(db.add_tenant("b"))
    usage = daily_shape(35)
    usage[-3:] = [5_000, 5_000, 5_000]
    put_hours(db, a, usage, dimensions={"project": CANARY, "model": CANARY})
    put_hours(db, b, daily_shape(35), dimensions={"project": "own", "model": "own"})
    jobs = jobs_on(db, horizon_h=24, horizon_days=7)
    for tenant in (a, b):
        for job in JobName:
            jobs.run(job, tenant)
    stored = {tenant: str([jobs.stored(tenant, table) for table in TABLES]) for tenant in (a, b)}
    assert CANARY in stored[a]
    assert CANARY not in stored[b]
    assert CANARY not in str(said)
    assert [line["tenant_id"] for line in said if line["event"] == "incident"] == [int(a)]


def test_what_one_tenant_spends_moves_no_forecast_of_another(db: Database) -> None:
    a, b = TenantId(db.add_tenant("a")), TenantId(db.add_tenant("b"))
    put_hours(db, b, daily_shape(21))
    jobs = jobs_on(db, horizon_h=24, horizon_days=7)
    jobs.run(JobName.REFIT, b)
    alone = jobs.stored(b, "forecasts")
    put_hours(db, a, [10_000] * 21 * 24)
    jobs.run(JobName.REFIT, a)
    jobs.run(JobName.REFIT, b)
    assert jobs.stored(b, "forecasts") == alone
