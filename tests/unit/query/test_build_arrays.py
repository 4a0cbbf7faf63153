"""The exact text around a statement whose rows come as arrays."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from analytics_hub.domain.plan import Marks
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.query.build import build
from analytics_hub.query.build_arrays import build_arrays
from analytics_hub.query.plan import plan

START = datetime(2026, 3, 1, tzinfo=UTC)
MARKS = Marks(frozenset(), frozenset(), START, START)


def test_every_column_is_an_array_of_floats() -> None:
    query = UsageQuery(
        TenantId(1), START, START + timedelta(days=3), interval=Interval.HOUR, metrics=("events",)
    )
    planned = replace(plan(query, MARKS, spans_max=9), columns=("events",))
    text, args = build_arrays(planned)
    rows, same = build(planned)
    assert text == (
        f"SELECT array_agg(bucket), array_agg(COALESCE(events, 0)::float8) FROM (\n{rows}\n) AS rows"
    )
    assert args == same


def test_groups_have_arrays_of_their_own() -> None:
    query = UsageQuery(
        TenantId(1),
        START,
        START + timedelta(days=3),
        interval=Interval.HOUR,
        metrics=("events",),
        group_by=("project",),
    )
    planned = replace(plan(query, MARKS, spans_max=9), groups=(("p",),), others=False)
    text, _ = build_arrays(planned)
    assert text.startswith("SELECT g0, array_agg(bucket), ")
    assert text.endswith("\nGROUP BY g0")
