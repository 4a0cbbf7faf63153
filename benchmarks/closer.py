"""Closer: the CPU of closing one crowded hour, beside closing it by series only, without its facets.

    python -m benchmarks.closer [--rows N] [--series N] [--rounds R]

With HUB_BENCH_DSN (a superuser's address of a TimescaleDB server on this machine) it writes `results/closer.json`;
without, on a plain server of its own, `results/closer_plain.json`. Both close the same hour, the largest that a
tenant's budget of series allows, each time from the same start, in one transaction. `server` is CPU of the process
that serves the connection, `client` that of this one. `facets_…_server_s`: three ways to sum the hour along all
dimensions, the first of them the closer's. Medians over rounds; the ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from analytics_hub.storage.closer import CloserLimits, close_due
from analytics_hub.storage.closer.copying import replace_rows
from analytics_hub.storage.closer.hours import HOURS
from analytics_hub.storage.connections import BEGIN_SNAPSHOT, connect
from benchmarks.closer_hour import HOUR, CrowdedHour, make_hour
from benchmarks.closer_peers import WAYS, facet_rows, timed
from benchmarks.machine import write_result
from benchmarks.scratch import scratch_place, table_size
from benchmarks.server_cpu import ServerCpu

ROWS, SERIES, ROUNDS = 91_000, 10_000, 5
LIMITS = CloserLimits(statistics_hours=1_000_000)
Figures = dict[str, float | int]
Closing = Callable[[psycopg.Connection[Any], CrowdedHour], None]


@dataclass(frozen=True)
class Cost:
    """CPU seconds of one closing."""

    server: float
    client: float

    @property
    def both(self) -> float:
        return self.server + self.client


def by_series(conn: psycopg.Connection[Any], hour: CrowdedHour) -> None:
    """The hour's rows by series, and nothing else."""
    conn.execute(BEGIN_SNAPSHOT)
    replace_rows(conn, HOURS, hour.bounds(), LIMITS.copy_bytes_max)
    conn.execute("COMMIT")


def whole(conn: psycopg.Connection[Any], hour: CrowdedHour) -> None:
    """As the closer closes it."""
    report = close_due(conn, HOUR + timedelta(hours=1, minutes=1), hour.tenant, LIMITS)
    if report.hours != 1 or not report.complete:
        raise SystemExit("the hour is not closed: not the same work")


class Meter:
    """One connection of the closer, and the administrator who opens the hour again."""

    def __init__(
        self, hour: CrowdedHour, conn: psycopg.Connection[Any], admin: psycopg.Connection[Any]
    ) -> None:
        self._hour, self._conn, self._admin = hour, conn, admin
        self._cpu = ServerCpu(conn)

    def cost(self, close: Closing) -> Cost:
        self._hour.open_again(self._admin)
        server, client = self._cpu.seconds(), time.process_time()
        close(self._conn, self._hour)
        return Cost(self._cpu.seconds() - server, time.process_time() - client)


def measure(hour: CrowdedHour, rounds: int) -> Figures:
    """Both in turn, then the ways to sum facets."""
    seen: list[tuple[Cost, Cost]] = []
    with (
        psycopg.connect(hour.place.admin, autocommit=True) as admin,
        connect(hour.place.hub().dsn("hub_maint"), "bench-closer") as conn,
    ):
        meter = Meter(hour, conn, admin)
        for close in (by_series, whole):  # partitions and chunks are made, catalogs are read
            meter.cost(close)
        for number in range(rounds):
            seen.append((meter.cost(by_series), meter.cost(whole)))
            less, more = seen[-1]
            print(
                f"round {number + 1}/{rounds}  by series {less.both:.3f} s  with facets {more.both:.3f} s",
                flush=True,
            )
    return {
        "minute_rows": hour.rows,
        "rounds": rounds,
        **_costs("by_series", [less for less, _ in seen]),
        **_costs("with_facets", [more for _, more in seen]),
        "ratio_to_by_series": round(statistics.median(more.both / less.both for less, more in seen), 2),
        **facets(hour, rounds),
        **_sizes(hour),
    }


def facets(hour: CrowdedHour, rounds: int) -> Figures:
    """Server CPU of every way; all of them must give as many rows."""
    bounds, seen = hour.bounds(), dict[str, list[float]]()
    with connect(hour.place.hub().dsn("hub_maint"), "bench-closer") as conn:
        cpu = ServerCpu(conn)
        if len(found := {facet_rows(conn, way, bounds) for way in WAYS}) != 1:
            raise SystemExit(f"the ways give {found} rows: not the same work")
        for _ in range(rounds):
            for way in WAYS:
                seen.setdefault(way, []).append(timed(conn, way, cpu.seconds, bounds))
    return {f"facets_{way}_server_s": round(statistics.median(spent), 3) for way, spent in seen.items()}


def _sizes(hour: CrowdedHour) -> Figures:
    figures: Figures = {}
    for table in ("usage_1h", "usage_1h_facet", "usage_1m_total"):
        figures[f"rows_{table}"], figures[f"bytes_{table}"] = table_size(hour.place, table)
    return figures


def _costs(name: str, seen: list[Cost]) -> Figures:
    return {
        f"{name}_server_s": round(statistics.median(one.server for one in seen), 3),
        f"{name}_client_s": round(statistics.median(one.client for one in seen), 3),
        f"{name}_s": round(statistics.median(one.both for one in seen), 3),
    }


def run(rows: int, series: int, rounds: int) -> tuple[str, Figures]:
    """The name of the result and its figures."""
    with scratch_place("closer") as place:
        figures = measure(make_hour(place, rows, series), rounds)
        return ("closer" if place.timescale else "closer_plain"), {"series": series, **figures}


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--series", type=int, default=SERIES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    result, figures = run(args.rows, args.series, args.rounds)
    for name, value in figures.items():
        print(f"{name:32} {value}")
    if not args.dry_run:
        command = (
            f"python -m benchmarks.closer --rows {args.rows} --series {args.series} --rounds {args.rounds}"
        )
        print(f"written to {write_result(result, command, figures)}")


if __name__ == "__main__":
    main()
