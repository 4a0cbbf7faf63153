"""A month of end-users: ranked from runs, from days alone, and into the running day from hours or from raw events.

    python -m benchmarks.users_runs [--rounds N]

Writes `results/users_runs.json`, from which `docs/adr/0017-user-runs.md` has its figures. Days and raw events of
made-up users are written as closer and flush would leave them, runs and hours by the closer's own code. All ways
answer the same questions through the same use case, in turn, and must give the same answers. What differs is what the
planner is shown: a store that keeps runs or hours to itself leaves it the days or the raw events. Milliseconds of the
wall, p50, marks and planning included. On a plain server of our own, or where HUB_BENCH_DSN says.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from analytics_hub.domain.plan import Marks, Span
from analytics_hub.domain.tenant import NewTenant, TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.domain.user_usage import BucketRows, UserAnswer, UserPlan, UserQuery, UserRow
from analytics_hub.query.build_users import build_users
from analytics_hub.query.users import UserService, UserSnapshot, UserStore
from analytics_hub.storage.closer.user_hours import close_user_hours
from analytics_hub.storage.closer.user_runs import renew_runs
from analytics_hub.storage.connections import connect
from analytics_hub.storage.reader_pool import open_reader_pool
from analytics_hub.storage.tenant_store import PostgresTenantStore
from analytics_hub.storage.user_store import PostgresUserStore
from benchmarks.machine import write_result
from benchmarks.query_server import Place
from benchmarks.scratch import scratch_place, table_size
from benchmarks.users_runs_data import DAY, TODAY, add_day, add_hours

USERS: Final = {"40000_users": 40_000, "10500_users": 10_500, "3000_users": 3_000}
HOURLY: Final = "10500_users"
"""The tenant whose running day is in the database."""
DAYS, ROUNDS = 32, 15
_FIRST_ROUNDS = 2
RANGES: Final = {"30d": 30, "17d": 17}
ENDS: Final = {"0937": (9, 37), "1430": (14, 30), "2150": (21, 50), "2255": (22, 55)}
Figures = dict[str, float | int]


@dataclass(frozen=True)
class _Shown:
    """A snapshot that keeps some of what there is to itself."""

    inner: UserSnapshot
    runs: bool
    hours: bool

    async def marks(self, span: Span) -> Marks:
        return await self.inner.marks(span)

    async def day_rows(self, span: Span) -> Sequence[BucketRows]:
        rows = await self.inner.day_rows(span)
        return rows if self.runs else [BucketRows(one.bucket, one.rows, None) for one in rows]

    async def hour_rows(self, span: Span) -> Sequence[BucketRows]:
        return await self.inner.hour_rows(span) if self.hours else []

    async def rows(self, plan: UserPlan) -> Sequence[UserRow]:
        return await self.inner.rows(plan)


@dataclass(frozen=True)
class _Store:
    inner: UserStore
    runs: bool = True
    hours: bool = True

    @asynccontextmanager
    async def snapshot(self, tenant: TenantId) -> AsyncIterator[_Shown]:
        async with self.inner.snapshot(tenant) as snapshot:
            yield _Shown(snapshot, self.runs, self.hours)


WAYS: Final[Mapping[str, Mapping[str, bool]]] = {
    "runs": {},
    "days": {"runs": False},
    "hours": {},
    "events": {"hours": False},
}


def fill(place: Place) -> tuple[dict[str, TenantId], Figures]:
    """All tenants with their days and runs, one with its running day; how long its parts took to close."""
    tenants, renewed, hours = dict[str, TenantId](), list[float](), list[float]()
    with (
        psycopg.connect(place.admin, autocommit=True) as admin,
        connect(place.hub().dsn("hub_maint"), "bench") as maint,
    ):
        for name, users in USERS.items():
            tenant = PostgresTenantStore(maint).create(NewTenant(name.replace("_", "-"))).tenant_id
            tenants[name] = tenant
            for day in (TODAY - number * DAY for number in range(DAYS, 0, -1)):
                add_day(admin, tenant, day, users)
                taken_s = _renewed(maint, tenant, day)
                renewed += [taken_s] if name == "40000_users" else []
        add_hours(admin, tenants[HOURLY], USERS[HOURLY])
        admin.execute("VACUUM (ANALYZE)")
        for hour in range(23):
            hours.append(_closed_hour(maint, tenants[HOURLY], TODAY + timedelta(hours=hour)))
        admin.execute("VACUUM (ANALYZE)")
    return tenants, {
        "close_day_runs_p50_s": round(statistics.median(renewed), 2),
        "close_hour_users_p50_s": round(statistics.median(hours), 2),
        "close_hour_users_max_s": round(max(hours), 2),
    }


def _renewed(maint: psycopg.Connection[Any], tenant: TenantId, day: datetime) -> float:
    began_s = time.perf_counter()
    with maint.transaction():
        renew_runs(maint, {"tenant_id": tenant, "start": day})
    return time.perf_counter() - began_s


def _closed_hour(maint: psycopg.Connection[Any], tenant: TenantId, hour: datetime) -> float:
    began_s = time.perf_counter()
    with maint.transaction():
        close_user_hours(maint, {"tenant_id": tenant}, hour, hour + timedelta(hours=1), TODAY)
    return time.perf_counter() - began_s


def questions(tenants: Mapping[str, TenantId]) -> dict[str, tuple[UserQuery, Sequence[str]]]:
    """By name, with the ways that are compared."""
    asked: dict[str, tuple[UserQuery, Sequence[str]]] = {}
    for name, tenant in tenants.items():
        for label, days in RANGES.items():
            asked[f"{label}_{name}"] = (_top(tenant, TODAY - days * DAY, TODAY), ("days", "runs"))
    for label, (hour, minute) in ENDS.items():
        end = TODAY + timedelta(hours=hour, minutes=minute)
        asked[f"until_{label}"] = (_top(tenants[HOURLY], TODAY - 30 * DAY, end), ("events", "hours"))
    return asked


def _top(tenant: TenantId, start: datetime, end: datetime) -> UserQuery:
    return UserQuery(
        UsageQuery.ask(tenant, start, end, metrics=["events", "cost_usd"], order="-cost_usd", limit=20)
    )


async def measure(place: Place, tenants: Mapping[str, TenantId], rounds: int) -> Figures:
    """Every question in every way, in turn."""
    hub, figures = place.hub(), Figures()
    settings = hub.settings
    async with open_reader_pool(
        hub.dsn("hub_reader"),
        "bench-users-runs",
        connections_min=1,
        connections_max=1,
        wait_s=settings.database.pool_wait_s,
        connect_s=settings.database.connect_timeout_s,
        statement_timeout_ms=settings.query.statement_timeout_ms,
        work_mem_mb=settings.query.work_mem_mb,
    ) as pool:
        store = PostgresUserStore(pool, build_users)
        services = {
            way: UserService(_Store(store, **shown), spans_max=settings.query.spans_max)
            for way, shown in WAYS.items()
        }
        for name, (query, ways) in questions(tenants).items():
            chosen = {way: services[way] for way in ways}
            taken = await _in_turn(name, query, chosen, rounds)
            figures |= {f"{name}_{way}_p50_ms": round(ms, 1) for way, ms in taken.items()}
            print(f"  {name:16}", {way: round(ms, 1) for way, ms in taken.items()}, flush=True)
    return figures


async def _in_turn(
    name: str, query: UserQuery, services: Mapping[str, UserService], rounds: int
) -> dict[str, float]:
    """The median of each way; the first rounds read catalogs and pages."""
    seen: dict[str, list[float]] = {way: [] for way in services}
    answers: dict[str, UserAnswer] = {}
    for _ in range(rounds + _FIRST_ROUNDS):
        for way, service in services.items():
            began_s = time.perf_counter()
            answers[way] = await service.ask(query)
            seen[way].append((time.perf_counter() - began_s) * 1000)
    first, second = ((one.series, one.total, one.users) for one in answers.values())
    if first != second or not first[0]:
        raise SystemExit(f"{name}: the ways give different answers: not the same work")
    return {way: statistics.median(taken_ms[_FIRST_ROUNDS:]) for way, taken_ms in seen.items()}


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    with scratch_place("users_runs") as place:
        tenants, figures = fill(place)
        figures |= asyncio.run(measure(place, tenants, args.rounds))
        for table in ("usage_user_1d", "usage_user_run", "usage_user_1h", "usage_user_1h_run"):
            figures[f"rows_{table}"], figures[f"bytes_{table}"] = table_size(place, table)
    for name, value in figures.items():
        print(f"{name:40} {value}")
    if not args.dry_run:
        command = f"python -m benchmarks.users_runs --rounds {args.rounds}"
        print(f"written to {write_result('users_runs', command, {'rounds': args.rounds, **figures})}")


if __name__ == "__main__":
    main()
