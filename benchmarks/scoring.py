"""What scoring costs through the database: every tenant's run, as `hub jobs run --once score` does it.

    python -m benchmarks.scoring [--tenants N] [--dry-run]

Writes `results/scoring.json`, of a plain server of our own with the settings of an embedded hub, fsync on. Each tenant
has 37 closed days of three projects and three models, scored before, so that a run is one of every hour: the newest
four hours judged, a run put on record. `_three_metrics`: the whole tenant only (`HUB_JOBS_PLACES_MAX=0`), besides with
its projects and models, as it is by default. Seconds of the wall, and CPU of the process of jobs and of the server's,
which share two cores. Beside it, in the same run: the models alone over the same hours, already read, by one process.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import psutil
import psycopg

from analytics_hub.cli.job_running import OpenedJobs, open_jobs
from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.job import JobName
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.scoring import rules_of
from analytics_hub.jobs.watching import Hours, hour_number, watch
from analytics_hub.settings import JobSettings
from benchmarks.machine import write_result
from benchmarks.models import memory_mb
from benchmarks.query_server import Place
from benchmarks.scoring_data import END, make_tenants
from benchmarks.scratch import plain_place
from models.incidents.assess import assess

TENANTS: Final = 300
TARGET: Final = 10_000
NOW: Final = END + timedelta(minutes=7)
Figures = dict[str, float | int]


@dataclass(frozen=True)
class Cpu:
    """Seconds so far: of this process, and of the server with all its processes, those that have ended as well."""

    jobs: float
    server: float

    @staticmethod
    def of(server: psutil.Process) -> Cpu:
        processes = [server, *server.children()]
        times = [one.cpu_times() for one in processes]
        ended = times[0].children_user + times[0].children_system
        return Cpu(time.process_time(), ended + sum(one.user + one.system for one in times))


async def measured(place: Place, tenants: Sequence[TenantId], settings: JobSettings) -> Figures:
    hub = replace(place.hub(), settings=replace(place.hub().settings, jobs=settings))
    server = _server(place)
    async with open_jobs(hub, FixedClock(NOW - timedelta(hours=1))) as jobs:
        await _scored(jobs, tenants)
    async with open_jobs(hub, FixedClock(NOW)) as jobs:
        await _scored(jobs, tenants[:4])  # opens connections, loads models
        before, began_s = Cpu.of(server), time.perf_counter()
        await _scored(jobs, tenants[4:])
        wall_s, after = time.perf_counter() - began_s, Cpu.of(server)
        alone_s = await asyncio.to_thread(_alone, jobs, tenants[4:24], settings)
    count = len(tenants) - 4
    return {
        "tenants_per_s": round(count / wall_s, 1),
        f"score_{TARGET}_s": round(wall_s / count * TARGET),
        "wall_ms_per_tenant": round(wall_s / count * 1000, 1),
        "jobs_cpu_ms_per_tenant": round((after.jobs - before.jobs) / count * 1000, 1),
        "server_cpu_ms_per_tenant": round((after.server - before.server) / count * 1000, 1),
        "models_cpu_ms_per_tenant": round(alone_s * 1000, 1),
    }


async def _scored(jobs: OpenedJobs, tenants: Sequence[TenantId]) -> None:
    for tenant, rows in await jobs.process.run_each(JobName.SCORE, tenants):
        if isinstance(rows, Exception):
            raise SystemExit(f"tenant {tenant} was not scored: {rows}")


def _alone(jobs: OpenedJobs, tenants: Sequence[TenantId], settings: JobSettings) -> float:
    """CPU seconds a tenant of the models, over hours that were read before."""
    start = END - timedelta(days=settings.score_days)
    hours = [Hours(tenant, start, END) for tenant in tenants]
    watched = [watch(jobs.process.tools.hours, one, settings.places_max) for one in hours]
    began_s = time.thread_time()
    for one in watched:
        assess(one, hour_number(start), 1 + settings.score_again_h, (), rules_of(settings))
    return (time.thread_time() - began_s) / len(tenants)


def _server(place: Place) -> psutil.Process:
    with psycopg.connect(place.admin) as admin:
        return psutil.Process(psutil.Process(admin.info.backend_pid).ppid())


def run(count: int) -> Figures:
    tenants = [TenantId(number) for number in range(1, count + 1)]
    figures: Figures = {"tenants": count}
    default = JobSettings()
    with plain_place("scoring") as place:
        make_tenants(place, count, default.score_days + 1)
        for suffix, settings in (
            ("_three_metrics", default.model_copy(update={"places_max": 0})),
            ("", default),
        ):
            found = asyncio.run(measured(place, tenants, settings))
            figures |= {f"{name}{suffix}": value for name, value in found.items()}
        with psycopg.connect(place.admin) as admin:
            told = admin.execute("SELECT count(*) FROM hub.incidents").fetchone()
    return figures | {"incidents": told[0] if told else 0, "memory_mb": round(memory_mb())}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tenants", type=int, default=TENANTS)
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    args = parser.parse_args()
    figures = run(args.tenants)
    for name, value in figures.items():
        print(f"{name:44} {value:>12,}")
    if not args.dry_run:
        print(write_result("scoring", f"python -m benchmarks.scoring --tenants {args.tenants}", figures))


if __name__ == "__main__":
    main()
