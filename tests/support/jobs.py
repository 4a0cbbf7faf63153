"""Tenants with weeks of hourly usage, and the jobs over them as the process runs them, on a clock that the test holds.

In: a test's database. Out: usage by the hour; `Jobs`, which runs a job of a tenant and lists what is stored.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from analytics_hub.cli.job_running import OpenedJobs, job_book, open_jobs
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.job import JobName
from analytics_hub.domain.tenant import TenantId
from analytics_hub.settings import JobSettings, default_settings
from analytics_hub.storage.job_desk import PostgresJobBook
from tests.support.database import Database
from tests.support.deltas import MEASURES, SKETCHES, add_series, ensure_day

NOW = datetime(2026, 3, 29, 10, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
PICO = 10**12


@dataclass(frozen=True)
class Jobs:
    """Runs jobs on a database. Each call opens and closes what the process of jobs opens."""

    db: Database
    settings: JobSettings
    now: datetime = NOW

    def hub(self) -> OpenedHub:
        return OpenedHub(replace(default_settings(), jobs=self.settings), self.db.dsn, "a test")

    def run(self, job: JobName, tenant: TenantId) -> int:
        async def main() -> int:
            async with self.opened() as jobs:
                return await jobs.process.run(job, tenant)

        return asyncio.run(main())

    def opened(self) -> AbstractAsyncContextManager[OpenedJobs]:
        return open_jobs(self.hub(), FixedClock(self.now))

    def book(self) -> PostgresJobBook:
        return job_book(self.hub())

    def stored(self, tenant: TenantId, table: str) -> list[dict[str, Any]]:
        """The tenant's rows, as hub_owner sees them with its number set."""
        with self.db.connect("postgres") as admin:
            cursor = admin.execute(
                f"SELECT to_jsonb(t) FROM hub.{table} t WHERE tenant_id = %s ORDER BY 1".encode(), [tenant]
            )
            return [row for (row,) in cursor]


def jobs_on(db: Database, **changed: Any) -> Jobs:
    return Jobs(db, JobSettings(**changed))


def put_hours(
    db: Database,
    tenant: TenantId,
    events: Sequence[int],
    *,
    end: datetime = NOW,
    series_id: int = 1,
    usd_per_event: float = 0.01,
    dimensions: Mapping[str, str] | None = None,
) -> None:
    """So many events in each hour, the last one the newest whole hour before `end`; 0 leaves no row."""
    last = end.replace(minute=0, second=0, microsecond=0)
    hours = [last - (len(events) - number) * HOUR for number in range(len(events))]
    columns = ("tenant_id", "bucket", "series_id", "kind", *MEASURES)
    holes = ", ".join(["%s"] * len(columns))
    rows = []
    for hour, count in zip(hours, events, strict=True):
        if not count:
            continue
        values = {name: b"" if name in SKETCHES else 0 for name in MEASURES} | {
            "events": count,
            "input_tokens": 100 * count,
            "cost_input_pico_usd": int(count * usd_per_event * PICO),
            "latency_us_sum": 500_000 * count,
            "latency_count": count,
        }
        rows.append([tenant, hour, series_id, 0, *values.values()])
    with db.connect("hub_writer") as writer, writer.transaction(), writer.cursor() as cursor:
        for day in sorted({hour.date() for hour in hours}):
            ensure_day(writer, datetime(day.year, day.month, day.day, tzinfo=UTC))
        add_series(writer, tenant, series_id, **(dimensions or {"project": "p", "model": "m"}))
        cursor.executemany(f"INSERT INTO hub.usage_1m ({', '.join(columns)}) VALUES ({holes})".encode(), rows)
        cursor.executemany(
            "INSERT INTO hub.rollup_marks (tenant_id, hour, flush_id) VALUES (%s, %s, nextval('hub.flush_id_seq'))",
            [[tenant, row[1]] for row in rows],
        )


def daily_shape(days: int, base: int = 100) -> list[int]:
    """The same day again and again, with more by day than by night."""
    return [base + 5 * (hour if hour < 12 else 24 - hour) for _ in range(days) for hour in range(24)]
