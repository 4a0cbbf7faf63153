"""What is read of rows and of columns alike: the statements, through the barrier views as hub_reader.

In: a connection of hub_reader and a tenant. Out: rows, and what each time they were asked for cost. The
moments lie in the middle of the data, in chunks that are columns in service.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg

from analytics_hub.domain.tenant import Tenant
from analytics_hub.storage.connections import tenant_transaction
from benchmarks import events
from benchmarks.server_cpu import ServerCpu

DAYS = 30
END = events.START.replace(hour=0)
"""The data ends here, on a whole day."""
START, MIDDLE = END - timedelta(days=DAYS), END - timedelta(days=DAYS // 2)

_RANGE = "bucket >= %(start)s::timestamptz AND bucket < %(end)s::timestamptz"
_SUMS = (
    "sum(events), sum(input_tokens), sum(output_tokens), sum(cost_input_pico_usd), sum(cost_output_pico_usd)"
)
_DAY = "date_bin('1 day', bucket, '2000-01-01 00:00:00+00')"
_MONTH = (START, END)
Question = tuple[str, tuple[Any, Any]]

QUESTIONS: Mapping[str, Question] = {
    "month_of_hours": (
        f"SELECT {_DAY}, series_id, {_SUMS} FROM hub_read.usage_1h WHERE {_RANGE} GROUP BY 1, 2 ORDER BY 1, 2",
        _MONTH,
    ),
    "month_of_hours_with_sketches": (
        f"SELECT series_id, {_SUMS}, sum(length(latency_sketch)) FROM hub_read.usage_1h WHERE {_RANGE}"
        " GROUP BY 1 ORDER BY 1",
        _MONTH,
    ),
    "month_of_a_facet": (
        f"SELECT bucket, value, {_SUMS} FROM hub_read.usage_1h_facet WHERE dimension = 'model' AND {_RANGE}"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        _MONTH,
    ),
    "day_of_minutes": (
        f"SELECT series_id, {_SUMS} FROM hub_read.usage_1m WHERE {_RANGE} GROUP BY 1 ORDER BY 1",
        (MIDDLE, MIDDLE + timedelta(days=1)),
    ),
    "half_hour_of_minutes": (
        f"SELECT {_SUMS} FROM hub_read.usage_1m WHERE {_RANGE}",
        (MIDDLE + timedelta(hours=12), MIDDLE + timedelta(hours=12, minutes=30)),
    ),
    "last_events": (
        "SELECT ts, event_key, input_tokens, output_tokens, cost_input_pico_usd FROM hub_read.usage_events"
        " WHERE ts >= %(start)s::timestamptz AND ts < %(end)s::timestamptz ORDER BY ts DESC, event_key LIMIT 100",
        (MIDDLE + timedelta(hours=12), MIDDLE + timedelta(hours=13)),
    ),
}


def answer(conn: psycopg.Connection[Any], tenant: Tenant, question: str) -> list[tuple[Any, ...]]:
    text, (start, end) = QUESTIONS[question]
    with tenant_transaction(conn, tenant.tenant_id) as cursor:
        return cursor.execute(text.encode(), {"start": start, "end": end}).fetchall()


def timed_ms(conn: psycopg.Connection[Any], tenant: Tenant, question: str, times: int) -> list[float]:
    """CPU of the server, each time: the wall's clock also tells what else the machine does."""
    cpu, seen = ServerCpu(conn), []
    for _ in range(times):
        before_s = cpu.seconds()
        answer(conn, tenant, question)
        seen.append((cpu.seconds() - before_s) * 1000)
    return seen
