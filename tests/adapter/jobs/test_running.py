"""Jobs on a real database: what they write for a tenant, once, whatever happens."""

from dataclasses import replace

from analytics_hub.domain.job import JobName
from analytics_hub.domain.tenant import TenantId
from tests.support.database import Database
from tests.support.jobs import NOW, daily_shape, jobs_on, put_hours


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


def test_a_spike_becomes_an_incident_that_is_told_once(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    usage = daily_shape(35)
    usage[-3:] = [5_000, 5_000, 5_000]
    put_hours(db, tenant, usage)
    jobs = jobs_on(db)
    assert jobs.run(JobName.SCORE, tenant) > 0
    (incident,) = jobs.stored(tenant, "incidents")
    assert (incident["kind"], incident["told_at"] is None, incident["alerted_at"] is None) == (
        "spike",
        False,
        False,
    )
    assert {row["incident_id"] for row in jobs.stored(tenant, "anomalies")} >= {incident["incident_id"]}


def test_a_job_that_runs_again_changes_nothing(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    usage = daily_shape(35)
    usage[-3:] = [5_000, 5_000, 5_000]
    put_hours(db, tenant, usage)
    jobs = jobs_on(db, horizon_h=24, horizon_days=7)
    tables = ("incidents", "anomalies", "forecasts")
    found = []
    for _ in range(2):
        for job in (JobName.SCORE, JobName.REFIT, JobName.MONTH_END):
            jobs.run(job, tenant)
        found.append({table: jobs.stored(tenant, table) for table in tables})
    assert found[0] == found[1]


def test_a_month_end_is_stored_once_a_day(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    put_hours(db, tenant, daily_shape(35))
    jobs = jobs_on(db)
    assert [jobs.run(JobName.MONTH_END, tenant) for _ in range(2)] == [1, 1]
    (row,) = jobs.stored(tenant, "forecasts")
    assert (row["metric"], row["starts"]) == ("cost_usd", ["2026-03-01T00:00:00+00:00"])
    assert row["low_95"][0] <= row["low_80"][0] <= row["points"][0] <= row["high_80"][0] <= row["high_95"][0]


def test_last_weeks_forecasts_are_measured_against_what_came(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    put_hours(db, tenant, daily_shape(35))
    before = jobs_on(db, horizon_h=48, horizon_days=7)
    for day in (17, 18):
        replace(before, now=NOW.replace(day=day, hour=2)).run(JobName.REFIT, tenant)
    assert replace(before, now=NOW.replace(day=23)).run(JobName.BACKTEST_REPORT, tenant) == 6
    rows = {(row["metric"], row["step_s"]): row for row in before.stored(tenant, "forecast_accuracy")}
    hourly = rows["events", 3_600]
    assert (hourly["week"], hourly["buckets"]) == ("2026-03-16T00:00:00+00:00", 48)
    assert hourly["wape"] < 0.1
    assert hourly["naive_wape"] < 0.1


def test_no_usage_is_no_finding(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    jobs = jobs_on(db)
    assert [jobs.run(job, tenant) for job in JobName] == [0, 0, 0, 0]


def test_whoever_listens_hears_that_something_was_found(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    put_hours(db, tenant, daily_shape(21))
    jobs = jobs_on(db)
    with db.connect("hub_reader") as listener:
        listener.execute("LISTEN hub_live")
        jobs.run(JobName.MONTH_END, tenant)
        (told,) = listener.notifies(timeout=60, stop_after=1)
    with db.connect("hub_maint") as maint:
        assert maint.execute("SELECT live_id::text FROM hub.tenants").fetchone() == (told.payload,)
