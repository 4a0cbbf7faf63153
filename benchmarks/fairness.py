"""Fairness: one tenant's questions while another one loads and closes months of history on the same database.

    python -m benchmarks.fairness [--events N] [--questions Q]

Writes `results/fairness.json`. The asking tenant has 30 days of 5,000 events, closed. Its questions (the month by day
and model, a day by hour, a week by project) come one every 50 ms through the use cases of the API, first with nobody
else at work, then while `hub load --history` runs as a process of its own: reading, decoding, storing and closing.
Where all cores are at the load's work, an answer waits for its share of them; what must not happen is that it waits for
a lock or for the end of the load. `slowest_ms_while` would show that.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from analytics_hub.api.services import Services
from analytics_hub.cli.loading import load_sources
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.cli.services import open_services
from analytics_hub.domain.tenant import NewTenant, TenantId
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.storage.connections import connect
from analytics_hub.storage.tenant_store import PostgresTenantStore
from benchmarks import events
from benchmarks.backfill import history_file
from benchmarks.load import fresh_database, server
from benchmarks.machine import write_result
from ingest.file_source import FileSource

DAYS = 30
ASKERS_EVENTS = 150_000
PAUSE_S = 0.05
LOAD_WAIT_S = 300
END = events.START.replace(hour=0)
BY_ROLE = {"hub_owner": "OWNER", "hub_writer": "WRITER", "hub_maint": "MAINT", "hub_reader": "READER"}


def question(tenant: TenantId, draw: random.Random) -> UsageQuery:
    """One of three, over a range that is drawn anew, so that no cache knows the answer."""
    kind = draw.randrange(3)
    if kind == 0:
        return UsageQuery(
            tenant, END - timedelta(days=DAYS), END, interval=Interval.DAY, group_by=("model",), limit=50
        )
    end: datetime = END - timedelta(days=draw.randrange(DAYS - 7))
    if kind == 1:
        return UsageQuery(tenant, end - timedelta(days=1), end, interval=Interval.HOUR)
    return UsageQuery(tenant, end - timedelta(days=7), end, group_by=("project",), limit=10)


async def ask(services: Services, tenant: TenantId, draw: random.Random) -> float:
    """Milliseconds of one answer, after a pause."""
    await asyncio.sleep(PAUSE_S)
    began = time.perf_counter()
    answer = await services.usage.ask(question(tenant, draw))
    took_ms = (time.perf_counter() - began) * 1000
    if not answer.series:
        raise SystemExit("an answer is empty: not the same work")
    return took_ms


def loader(hub: OpenedHub, path: Path) -> subprocess.Popen[bytes]:
    """The history of the other tenant, loaded by the command in a process of its own."""
    addresses = {f"HUB_{name}_DSN": hub.dsn(role) for role, name in BY_ROLE.items()}
    command = [sys.executable, "-m", "analytics_hub.cli.main", "load", str(path)]
    options = ["--tenant", "bench", "--history", "--json"]
    return subprocess.Popen([*command, *options], env=os.environ | addresses, stdout=subprocess.PIPE)


async def measured(hub: OpenedHub, tenant: TenantId, path: Path, questions: int) -> dict[str, float | int]:
    """Answers alone, then answers until the load has ended, as flat figures."""
    draw = random.Random(7)
    async with open_services(hub, "bench-fairness") as services:
        for _ in range(20):
            await ask(services, tenant, draw)
        alone = [await ask(services, tenant, draw) for _ in range(questions)]
        process, during = loader(hub, path), list[float]()
        began = time.monotonic()
        try:
            while process.poll() is None:
                if time.monotonic() - began > LOAD_WAIT_S:
                    raise SystemExit(f"the load is not done after {LOAD_WAIT_S} s")
                during.append(await ask(services, tenant, draw))
        finally:
            if process.poll() is None:
                process.kill()
            out, _ = process.communicate()
    loaded = orjson.loads(out)
    if not loaded["history"]["complete"]:
        raise SystemExit("the history is not closed: not the same work")
    return {
        "questions_alone": len(alone),
        "questions_while": len(during),
        "p50_ms_alone": _quantile(alone, 50),
        "p99_ms_alone": _quantile(alone, 99),
        "p50_ms_while": _quantile(during, 50),
        "p99_ms_while": _quantile(during, 99),
        "slowest_ms_while": round(max(during), 2),
        "ratio_p50": round(statistics.median(during) / statistics.median(alone), 2),
        "load_events_per_s": loaded["events_per_s"],
        "load_closed_hours": loaded["history"]["closed_hours"],
        "load_closing_s": round(loaded["history"]["closing_s"], 2),
    }


def measure(count: int, questions: int) -> dict[str, float | int]:
    """Two tenants on one fresh database."""
    with server() as running, fresh_database(running, "fairness") as (hub, _):
        with connect(hub.dsn("hub_maint"), "bench") as conn:
            asker = PostgresTenantStore(conn).create(NewTenant("asker", "Asker"))
        source = FileSource(
            str(history_file(ASKERS_EVENTS, DAYS, seed=8)), hub.settings.ingest, hub.settings.decode
        )
        load_sources(hub, [source], asker, any_age=True, close=True, show=False)
        path = history_file(count, DAYS)
        figures = asyncio.run(measured(hub, asker.tenant_id, path, questions))
    return {"events": count, "days": DAYS, "cores": len(os.sched_getaffinity(0)), **figures}


def _quantile(values: list[float], percent: int) -> float:
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1], 2)


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    figures = measure(args.events, args.questions)
    command = f"python -m benchmarks.fairness --events {args.events} --questions {args.questions}"
    for name, value in figures.items():
        print(f"{name:28} {value}")
    if not args.dry_run:
        print(f"written to {write_result('fairness', command, figures)}")


if __name__ == "__main__":
    main()
