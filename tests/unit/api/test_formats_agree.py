"""JSON, CSV, NDJSON and Parquet answers to the same question are equal, value by value, types too.

Random usage, random questions. The rows are taken out of the JSON body here, by an own reading of it; the other formats
are read by other people's readers.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.plan import Span
from analytics_hub.domain.usage import Interval
from analytics_hub.query.buckets import bucket_edges
from analytics_hub.query.memory import Delta
from rust_core import sketch_encode
from tests.support.api_world import NOW, World
from tests.support.http import request

VALUES = ["", "gpt-4o", 'a "b", c', "two\r\nlines", "=1+1", " x ", "é€😀", "null", "0"]
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu"]
QUESTIONS = st.fixed_dictionaries(
    {
        "from": st.sampled_from(
            ["2026-10-20", "2026-10-31", "2026-11-01T00:00", "-36h", "2026-11-04T07:10Z"]
        ),
        "to": st.sampled_from(["now", "2026-11-04T21:00Z"]),
        "interval": st.sampled_from(["none", "1h", "1d", "1w", "1mo"]),
        "tz": st.sampled_from(ZONES),
        "metrics": st.lists(st.sampled_from(list(METRICS)), min_size=1, max_size=6, unique=True).map(
            ",".join
        ),
        "fill": st.sampled_from(["true", "false"]),
    },
    optional={
        "group_by": st.lists(
            st.sampled_from(["model", "project", "tag.team"]), min_size=1, max_size=3, unique=True
        ).map(",".join),
        "top": st.integers(1, 3).map(str),
        "compare": st.just("previous"),
        "filter.model": st.sampled_from(VALUES),
    },
)
DELTAS = st.lists(
    st.builds(
        lambda minutes, model, team, counts, pico, latencies: Delta(
            NOW - timedelta(minutes=minutes),
            {"model": model, "project": team, "tag.team": team},
            {
                "events": counts,
                "errors": counts // 3,
                "input_tokens": counts * 1_000_003,
                "total_tokens": counts * 1_000_003,
                "unpriced_events": counts % 2,
                "cost_input_pico_usd": pico,
                "cost_pico_usd": pico,
                "latency_us_sum": sum(latencies),
                "latency_count": len(latencies),
            },
            {"latency_sketch": sketch_encode(latencies)},
            user=team,
        ),
        st.integers(1, 60 * 24 * 20),
        st.sampled_from(VALUES),
        st.sampled_from(VALUES),
        st.integers(1, 10**9),
        st.integers(-(10**12), 10**24),
        st.lists(st.integers(1, 10**9), min_size=1, max_size=3),
    ),
    max_size=12,
)


def rows_of(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows that the body holds, in the spelling of JSON."""
    query = body["query"]
    for series in body["series"]:
        key = {name: series["group"].get(name) for name in query["group_by"]}
        key |= {"other": series["other"]} if query["group_by"] else {}
        if query["interval"] == "none":
            before = body["previous"] and {
                f"previous_{name}": value for name, value in series["previous"]["total"].items()
            }
            yield key | series["total"] | (before or {})
        else:
            yield from _points(body, series, key)


def _points(
    body: Mapping[str, Any], series: Mapping[str, Any], key: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    now = {point["start"]: point["values"] for point in series["points"]}
    starts = _starts(body["query"], body["query"])
    if not body["previous"]:
        yield from ({"start": start} | key | now[start] for start in starts if start in now)
        return
    before = {point["start"]: point["values"] for point in series["previous"]["points"]}
    earlier = _starts(body["query"], body["previous"])
    empty = dict.fromkeys(body["query"]["metrics"])
    for place in range(max(len(starts), len(earlier))):
        start = starts[place] if place < len(starts) else None
        past = earlier[place] if place < len(earlier) else None
        if start in now or past in before:
            previous = {f"previous_{name}": value for name, value in before.get(past, empty).items()}
            yield {"start": start} | key | now.get(start, empty) | {"previous_start": past} | previous


def _starts(query: Mapping[str, Any], period: Mapping[str, Any]) -> list[str]:
    zone = ZoneInfo(query["tz"])
    span = Span(*(datetime.fromisoformat(period[edge]).astimezone(UTC) for edge in ("from", "to")))
    edges = bucket_edges(Interval(query["interval"]), zone, span)
    return [
        orjson.dumps(edge.astimezone(zone), option=orjson.OPT_UTC_Z).decode().strip('"') for edge in edges
    ]


def csv_text(value: object) -> str:
    """What a reader of CSV sees, who knows no types."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def parquet_value(value: Any, kind: Any) -> Any:
    if value is None or pa.types.is_string(kind):
        return value
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(value).astimezone(UTC)
    return Decimal(value) if pa.types.is_decimal(kind) else value


def arrow_type(name: str, tz: str) -> Any:
    """The type that a column must have."""
    metric = METRICS.get(name.removeprefix("previous_"))
    if metric is None:
        times = {"start", "previous_start"}
        return pa.timestamp("us", tz) if name in times else pa.bool_() if name == "other" else pa.string()
    return {"count": pa.int64(), "usd": pa.decimal128(38, 12)}.get(metric.unit, pa.float64())


@settings(max_examples=60)
@given(DELTAS, QUESTIONS)
@example(
    [], {"from": "2026-10-31", "to": "2026-11-02", "interval": "1h", "tz": "America/New_York", "fill": "true"}
)
@example([], {"from": "-36h", "to": "now", "tz": "UTC", "metrics": "error_rate"})
def test_every_format_says_the_same(deltas: list[Delta], question: dict[str, str]) -> None:
    world = World()
    for delta in deltas:
        world.usage.add(delta)

    def ask(accept: str) -> bytes:
        answer = request(
            world.app,
            "/v1/usage",
            key=world.query_key,
            params=list(question.items()),
            headers={"Accept": accept},
        )
        assert answer.status == 200, answer.content
        return answer.content

    body = orjson.loads(ask("application/json"))
    rows = list(rows_of(body))

    assert [orjson.loads(line) for line in ask("application/x-ndjson").splitlines()] == rows

    head, *lines = csv.reader(io.StringIO(ask("text/csv").decode(), newline=""))
    lines = [line or [""] for line in lines]  # a null that is all of its line
    assert all(list(row) == head for row in rows)
    assert lines == [[csv_text(value) for value in row.values()] for row in rows]

    table = parquet.read_table(io.BytesIO(ask("application/vnd.apache.parquet")))
    assert table.schema.names == head
    for field in table.schema:
        assert field.type == arrow_type(field.name, question["tz"])
        expected = [parquet_value(row[field.name], field.type) for row in rows]
        column = table.column(field.name)
        if pa.types.is_timestamp(field.type):
            # In the hour that a zone repeats, Python takes moments of two zones for unequal (PEP 495).
            column = column.cast(pa.timestamp("us", "UTC"))
        assert column.to_pylist() == expected
    assert orjson.loads(table.schema.metadata[b"hub.total"]) == body["total"]
