"""Hours as arrays on a real database: the sums that every question gives, of one tenant alone."""

import asyncio
from datetime import timedelta

import pytest

from analytics_hub.cli.closing import close_due_hours
from analytics_hub.cli.services import open_services
from analytics_hub.domain.answer import Series
from analytics_hub.domain.hours import HourColumns
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval, Order, UsageQuery
from analytics_hub.query.hours import METRICS, HoursQuery
from tests.support.database import Database
from tests.support.jobs import NOW, Jobs, jobs_on, put_hours

END = NOW.replace(minute=0)
START = END - timedelta(hours=60)
ACME, OTHER = TenantId(1), TenantId(2)
USAGE = {"p": [3] * 60, "q": [0] * 20 + [7] * 40, "r": [1, 0] * 30}


@pytest.fixture
def jobs(db: Database) -> Jobs:
    """Hours of three projects, closed; then more events in an hour that is closed already, and another tenant."""
    for number, slug in ((ACME, "acme"), (OTHER, "other")):
        assert db.add_tenant(slug) == number
    for at, (project, events) in enumerate(USAGE.items(), 1):
        put_hours(db, ACME, events, series_id=at, dimensions={"project": project, "model": f"m{at % 2}"})
    jobs = jobs_on(db)
    close_due_hours(jobs.hub())
    put_hours(db, ACME, [5, 0, 0], series_id=9, dimensions={"project": "p", "model": "late"})
    put_hours(db, OTHER, [100] * 60)
    return jobs


def hours(jobs: Jobs, tenant: TenantId, values_max: int) -> list[HourColumns]:
    async def main() -> list[HourColumns]:
        async with jobs.opened() as opened:
            query = HoursQuery(tenant, START, END, ("project", "model"), values_max)
            return list(await asyncio.to_thread(opened.process.tools.hours, query))

    return asyncio.run(main())


def answered(jobs: Jobs, dimension: str, limit: int) -> list[Series]:
    async def main() -> list[Series]:
        group = (dimension,) if dimension else ()
        query = UsageQuery(
            ACME, START, END, interval=Interval.HOUR, metrics=METRICS, group_by=group,
            order=Order("cost_usd") if group else None, limit=limit if group else None,
        )  # fmt: skip
        async with open_services(jobs.hub(), "a test") as services:
            return [one for one in (await services.usage.ask(query)).series if not one.other]

    return asyncio.run(main())


def test_hours_are_those_of_every_question(jobs: Jobs) -> None:
    found = hours(jobs, ACME, 2)
    expected = [
        (dimension, one) for dimension in ("", "project", "model") for one in answered(jobs, dimension, 2)
    ]
    assert [(one.dimension, one.value) for one in found] == [
        (dimension, one.group.get(dimension, "")) for dimension, one in expected
    ]
    for one, (_, series) in zip(found, expected, strict=True):
        by_hour = dict(zip(one.starts_s, range(len(one.starts_s)), strict=True))
        places = [by_hour[start.timestamp()] for start in series.points.starts]
        assert len(places) == len(one.starts_s)
        for name in ("events", "total_tokens", "errors"):
            assert [one.columns[name][at] for at in places] == list(series.points.columns[name])
        cost = [one.columns["cost_pico_usd"][at] / 1e12 for at in places]
        assert cost == pytest.approx([float(value or 0) for value in series.points.columns["cost_usd"]])


def test_a_tenant_without_events_has_no_hours(jobs: Jobs) -> None:
    assert hours(jobs, TenantId(jobs.db.add_tenant("empty")), 5) == []


def test_no_values_are_read_when_none_are_wanted(jobs: Jobs) -> None:
    assert [one.dimension for one in hours(jobs, OTHER, 0)] == [""]


def test_a_kept_connection_that_has_ended_is_replaced(jobs: Jobs) -> None:
    async def main() -> list[int]:
        query = HoursQuery(ACME, START, END)
        async with jobs.opened() as opened:
            read = opened.process.tools.hours
            counts = [len(await asyncio.to_thread(read, query))]
            with jobs.db.connect("postgres") as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = 'hub_reader'"
                )
            return [*counts, len(await asyncio.to_thread(read, query))]

    assert asyncio.run(main()) == [1, 1]
