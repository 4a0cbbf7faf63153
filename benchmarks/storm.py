"""Storm: one tenant's questions while another one asks from 50 connections without a pause.

    python -m benchmarks.storm [--events N] [--questions Q]

Writes `results/storm.json`. Both tenants have 30 days of events, closed; the API runs as a process of its own over
eight connections, the storm as another. The quiet tenant asks a day by hour or a week by project every 50 ms, on one
connection: first alone, then during a storm of the month by hour and model, under the bounds on a tenant as they come
(`analytics_hub/api/admission.py`). Refused questions of the storm come again after 20 ms, whatever `Retry-After` says.
Cores are shared by all of it: what the storm still costs the quiet tenant is its share of them.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

import orjson

from analytics_hub.api.admission import Admission
from analytics_hub.api.app import create_app
from analytics_hub.cli.loading import load_sources
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.services import open_services
from analytics_hub.cli.web import run, serve_app
from analytics_hub.domain.access import Actor, ActorKind, Right
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.tenant import NewTenant, Tenant, TenantId
from analytics_hub.settings import load_settings
from analytics_hub.storage.connections import connect
from analytics_hub.storage.tenant_store import PostgresTenantStore
from analytics_hub.tenancy.authenticate import Caller
from benchmarks import events
from benchmarks.backfill import history_file
from benchmarks.load import fresh_database, server
from benchmarks.machine import write_result
from benchmarks.pinned import await_listening, free_port
from ingest.file_source import FileSource

HOST = "127.0.0.1"
DAYS = 30
CONNECTIONS = 50
PAUSE_S = 0.05
REFUSED_PAUSE_S = 0.02
ASKING_S = 20
STOP_S = 60
ANSWER_S = 60
QUIET_EVENTS = 50_000
END = events.START.replace(hour=0)
BY_ROLE = {"hub_owner": "OWNER", "hub_writer": "WRITER", "hub_maint": "MAINT", "hub_reader": "READER"}


class NamesTenants:
    """A credential is the number of its tenant."""

    async def caller(self, text: str) -> Caller:
        return Caller(TenantId(int(text)), text, Actor(ActorKind.KEY, text), frozenset(Right))


def path_of(start: datetime, end: datetime, **asked: str) -> str:
    moments = {"from": start.strftime("%Y-%m-%dT%H:%M:%SZ"), "to": end.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return "/v1/usage?" + urlencode(moments | asked)


def quiet_path(draw: random.Random) -> str:
    """One of two, over a range that is drawn anew."""
    end = END - timedelta(days=draw.randrange(DAYS - 7))
    if draw.randrange(2):
        return path_of(end - timedelta(days=1), end, interval="1h")
    return path_of(end - timedelta(days=7), end, group_by="project", top="10")


def storm_path() -> str:
    return path_of(END - timedelta(days=DAYS), END, interval="1h", group_by="model", top="5")


def get(conn: http.client.HTTPConnection, path: str, tenant: int) -> int:
    conn.request("GET", path, headers={"Authorization": f"Bearer {tenant}"})
    answer = conn.getresponse()
    answer.read()
    return answer.status


def storm(port: int, tenant: int) -> None:
    """Asks from all connections until its input ends; prints a line when it has begun, and at the end how many answers
    had which status.
    """
    begun, over, statuses = threading.Event(), threading.Event(), Counter[int]()

    def work() -> None:
        conn = http.client.HTTPConnection(HOST, port, timeout=ANSWER_S)
        while not over.is_set():
            status = get(conn, storm_path(), tenant)
            statuses[status] += 1
            begun.set()
            if status != http.client.OK:
                time.sleep(REFUSED_PAUSE_S)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    begun.wait(ANSWER_S)
    print("begun", flush=True)
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    print(orjson.dumps({str(status): count for status, count in statuses.items()}).decode())


async def _serve(hub: OpenedHub, port: int, admission: Admission) -> None:
    async def nothing() -> None: ...

    async with open_services(hub, "hub-api") as services:
        answering = replace(services, authenticator=NamesTenants())
        app = create_app(lambda: nullcontext(answering), hub.settings.api, admission=admission)
        await serve_app(
            app, HOST, port, clients_max=1_000, silent_s=ANSWER_S, ready=lambda: None, drain=nothing
        )


def serve(port: int) -> None:
    """The API until it is asked to stop."""
    with opened(load_settings()) as hub:
        connections = hub.settings.database.reader_pool_max
        run(_serve(hub, port, Admission(hub.settings.admission, SystemClock(), connections=connections)))


@contextmanager
def serving(hub: OpenedHub) -> Iterator[int]:
    """The API in a process of its own; its port."""
    port = free_port()
    others = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    addresses = {f"HUB_{name}_DSN": hub.dsn(role) for role, name in BY_ROLE.items()}
    command = [sys.executable, "-m", "benchmarks.storm", "--serve", str(port)]
    process = subprocess.Popen(command, env=others | addresses | {"HUB_LOG_LEVEL": "error"})
    try:
        await_listening(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(STOP_S)


def asked(port: int, tenant: Tenant, questions: int) -> list[float]:
    """Milliseconds of the quiet tenant's answers, for 20 s and no longer. Any but 200 ends the benchmark."""
    conn, draw = http.client.HTTPConnection(HOST, port, timeout=ANSWER_S), random.Random(7)
    took_ms = list[float]()
    until_s = time.perf_counter() + ASKING_S
    while len(took_ms) < questions and time.perf_counter() < until_s:
        time.sleep(PAUSE_S)
        began_s = time.perf_counter()
        status = get(conn, quiet_path(draw), tenant.tenant_id)
        took_ms.append((time.perf_counter() - began_s) * 1000)
        if status != http.client.OK:
            raise SystemExit(f"the quiet tenant was answered with {status}")
    return took_ms


def during(port: int, quiet: Tenant, stormy: Tenant, questions: int) -> tuple[list[float], dict[str, int]]:
    """The quiet tenant's answers during a storm, and what became of the storm's questions."""
    command = [sys.executable, "-m", "benchmarks.storm", "--storm", str(port), str(stormy.tenant_id)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        took_ms = asked(port, quiet, questions)
        out, _ = process.communicate(b"", timeout=STOP_S)
    finally:
        process.kill()
    return took_ms, orjson.loads(out)


def figures_of(name: str, took_ms: list[float]) -> dict[str, float]:
    quantiles = statistics.quantiles(took_ms, n=100, method="inclusive")
    values = {"p50": quantiles[49], "p99": quantiles[98], "slowest": max(took_ms)}
    counted = {f"questions_{name}": len(took_ms)}
    return counted | {f"{quantile}_ms_{name}": round(value, 2) for quantile, value in values.items()}


def measure(count: int, questions: int) -> dict[str, float | int]:
    """Two tenants on one fresh database."""
    figures: dict[str, float | int] = {"storm_connections": CONNECTIONS}
    with server() as running, fresh_database(running, "storm") as (hub, stormy):
        with connect(hub.dsn("hub_maint"), "bench") as conn:
            quiet = PostgresTenantStore(conn).create(NewTenant("quiet", "Quiet"))
        for tenant, size in ((quiet, QUIET_EVENTS), (stormy, count)):
            path = history_file(size, DAYS, seed=8)
            source = FileSource(str(path), hub.settings.ingest, hub.settings.decode)
            load_sources(hub, [source], tenant, any_age=True, close=True, show=False)
        with serving(hub) as port:
            asked(port, quiet, 20)
            figures |= figures_of("alone", asked(port, quiet, questions))
            took_ms, statuses = during(port, quiet, stormy, questions)
    answered = statuses.pop("200", 0)
    figures |= figures_of("while", took_ms)
    figures |= {"storm_answered": answered, "storm_refused": sum(statuses.values())}
    return {"events": count, "days": DAYS, "cores": len(os.sched_getaffinity(0)), **figures}


def main() -> None:
    """Measure and write the result file; or be the server, or the storm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--storm", type=int, nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve is not None:
        serve(args.serve)
        return
    if args.storm is not None:
        storm(*args.storm)
        return
    figures = measure(args.events, args.questions)
    command = f"python -m benchmarks.storm --events {args.events} --questions {args.questions}"
    for name, value in figures.items():
        print(f"{name:28} {value}")
    if not args.dry_run:
        print(f"written to {write_result('storm', command, figures)}")


if __name__ == "__main__":
    main()
