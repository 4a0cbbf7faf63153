"""Jobs on a real database: what they write for a tenant, once, whatever happens."""

from analytics_hub.domain.job import JobName
from analytics_hub.domain.tenant import TenantId
from tests.support.database import Database
from tests.support.jobs import daily_shape, jobs_on, put_hours


def test_a_refit_stores_hourly_and_daily_forecasts(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    put_hours(db, tenant, daily_shape(21))
    jobs = jobs_on(db, horizon_h=24, horizon_days=7)
    assert jobs.run(JobName.REFIT, tenant) == 6
    stored = jobs.stored(tenant, "forecasts")
    assert {(row["metric"], row["step_s"], len(row["starts"])) for row in stored} == {
        (metric, step, count)
        for metric in ("events", "cost_usd", "total_tokens")
        for step, count in ((3_600, 24), (86_400, 7))
    }


def test_a_run_is_on_record(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    jobs = jobs_on(db)
    jobs.run(JobName.SCORE, tenant)
    (run,) = jobs.stored(tenant, "job_runs")
    assert (run["job"], run["state"], run["error"], run["ended_at"] is None) == ("score", "done", "", False)
