"""The planner: every part of a range is read exactly once, from the coarsest level that may be believed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics_hub.domain.errors import InvalidInput, TryLater
from analytics_hub.domain.plan import Level, Marks, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.plan import plan

TENANT = TenantId(7)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 10, 20, tzinfo=UTC)
NOTHING_MARKED = Marks(frozenset(), frozenset(), None, START)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def marked(
    *hours: str,
    days: Sequence[str] = (),
    dropped: str | None = None,
    hours_dropped: str | None = None,
    gaps: Mapping[str, Sequence[str]] | None = None,
) -> Marks:
    return Marks(
        frozenset(map(at, hours)),
        frozenset(map(at, days)),
        at(dropped) if dropped else None,
        START,
        gaps={dimension: frozenset(map(at, texts)) for dimension, texts in (gaps or {}).items()},
        hours_dropped_before=at(hours_dropped) if hours_dropped else None,
    )


def reads(start: str, end: str, marks: Marks = NOTHING_MARKED, **asked: Any) -> dict[str, list[str]]:
    query = UsageQuery.ask(TENANT, at(start), at(end), **asked)
    found = plan(query, marks, spans_max=500)
    return {
        read.level.value: [f"{span.start:%dT%H:%M}-{span.end:%dT%H:%M}" for span in read.spans]
        for read in found.reads
    }


BY_SERIES: dict[str, Any] = {"group_by": ["model", "project"]}
"""No facet answers two dimensions."""


def test_whole_days_come_from_days_whole_hours_from_hours_edges_from_minutes() -> None:
    assert reads("2026-11-01T22:30Z", "2026-11-04T02:10Z", **BY_SERIES) == {
        "usage_1d": ["02T00:00-04T00:00"],
        "usage_1h": ["01T23:00-02T00:00", "04T00:00-04T02:00"],
        "usage_1m": ["01T22:30-01T23:00", "04T02:00-04T02:10"],
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"group_by": ["model"]},
        {"filters": {"model": ["gpt-4o"]}},
        {"group_by": ["model"], "filters": {"model": ["gpt-4o"]}},
    ],
)
def test_what_names_one_dimension_is_read_from_its_facet(asked: dict[str, Any]) -> None:
    assert reads("2026-11-01T22:30Z", "2026-11-04T02:10Z", **asked) == {
        "usage_1d_facet": ["02T00:00-04T00:00"],
        "usage_1h_facet": ["01T23:00-02T00:00", "04T00:00-04T02:00"],
        "usage_1m": ["01T22:30-01T23:00", "04T02:00-04T02:10"],
    }


@pytest.mark.parametrize(
    "asked",
    [
        BY_SERIES,
        {"group_by": ["tag.team"]},
        {"group_by": ["model"], "filters": {"project": ["web"]}},
        {"group_by": ["model"], "filters": {"tag.team": ["web"]}},
    ],
)
def test_what_names_a_tag_or_two_dimensions_is_read_by_series(asked: dict[str, Any]) -> None:
    assert reads("2026-11-01T00:00Z", "2026-11-02T00:00Z", **asked) == {"usage_1d": ["01T00:00-02T00:00"]}


def test_what_names_no_dimension_has_minutes_of_its_own() -> None:
    assert reads("2026-11-01T22:30Z", "2026-11-03T00:10Z") == {
        "usage_1d_facet": ["02T00:00-03T00:00"],
        "usage_1h_facet": ["01T23:00-02T00:00"],
        "usage_1m_total": ["01T22:30-01T23:00", "03T00:00-03T00:10"],
    }


def test_a_marked_hour_is_read_from_minutes_and_its_day_from_hours() -> None:
    marks = marked("2026-11-02T05:00Z")
    assert reads("2026-11-01T00:00Z", "2026-11-03T00:00Z", marks, **BY_SERIES) == {
        "usage_1d": ["01T00:00-02T00:00"],
        "usage_1h": ["02T00:00-02T05:00", "02T06:00-03T00:00"],
        "usage_1m": ["02T05:00-02T06:00"],
    }
    assert reads("2026-11-01T00:00Z", "2026-11-03T00:00Z", marks) == {
        "usage_1d_facet": ["01T00:00-02T00:00"],
        "usage_1h_facet": ["02T00:00-02T05:00", "02T06:00-03T00:00"],
        "usage_1m": ["02T05:00-02T06:00"],
    }


def test_a_marked_day_is_read_from_its_closed_hours() -> None:
    marks = marked(days=["2026-11-02T00:00Z"])
    assert reads("2026-11-01T00:00Z", "2026-11-03T00:00Z", marks, **BY_SERIES) == {
        "usage_1d": ["01T00:00-02T00:00"],
        "usage_1h": ["02T00:00-03T00:00"],
    }


def test_the_day_of_a_gap_is_read_by_series() -> None:
    marks = marked(gaps={"model": ["2026-11-02T05:00Z"]})
    assert reads("2026-11-01T00:00Z", "2026-11-03T06:00Z", marks, group_by=["model"]) == {
        "usage_1d_facet": ["01T00:00-02T00:00"],
        "usage_1d": ["02T00:00-03T00:00"],
        "usage_1h_facet": ["03T00:00-03T06:00"],
    }


def test_the_hour_of_a_gap_is_read_by_series() -> None:
    marks = marked(gaps={"model": ["2026-11-02T05:00Z"]})
    assert reads("2026-11-02T00:00Z", "2026-11-02T09:00Z", marks, group_by=["model"]) == {
        "usage_1h_facet": ["02T00:00-02T05:00", "02T06:00-02T09:00"],
        "usage_1h": ["02T05:00-02T06:00"],
    }


def test_a_gap_of_another_dimension_does_not_matter() -> None:
    marks = marked(gaps={"model": ["2026-11-02T05:00Z"]})
    assert reads("2026-11-02T00:00Z", "2026-11-03T00:00Z", marks, group_by=["project"]) == {
        "usage_1d_facet": ["02T00:00-03T00:00"]
    }


def test_minutes_of_a_gap_or_of_a_marked_hour_are_read_by_series() -> None:
    marks = marked("2026-11-02T02:00Z", gaps={"": ["2026-11-02T01:00Z"]})
    assert reads("2026-11-02T00:30Z", "2026-11-02T04:00Z", marks, interval="5m") == {
        "usage_1m_total": ["02T00:30-02T01:00", "02T03:00-02T04:00"],
        "usage_1m": ["02T01:00-02T03:00"],
    }


def test_scattered_gaps_are_read_by_series_at_once() -> None:
    marks = Marks(
        frozenset(), frozenset(), None, START, gaps={"": frozenset(START + 2 * HOUR * n for n in range(9))}
    )
    found = plan(UsageQuery(TENANT, START, START + 23 * HOUR), marks, spans_max=4)
    assert {read.level: read.spans for read in found.reads} == {Level.HOUR: (Span(START, START + 23 * HOUR),)}


def test_days_of_india_are_hours_and_half_hours() -> None:
    asked: dict[str, Any] = {"interval": "day", "tz": "Asia/Kolkata"}
    assert reads("2026-11-01T00:00+05:30", "2026-11-03T00:00+05:30", **asked, **BY_SERIES) == {
        "usage_1h": ["31T19:00-01T18:00", "01T19:00-02T18:00"],
        "usage_1m": ["31T18:30-31T19:00", "01T18:00-01T19:00", "02T18:00-02T18:30"],
    }


def test_months_in_a_zone_read_whole_utc_days_inside_them() -> None:
    zone = "America/New_York"
    assert reads("2026-10-01T00:00-04:00", "2026-11-01T00:00-04:00", interval="month", tz=zone) == {
        "usage_1d_facet": ["02T00:00-01T00:00"],
        "usage_1h_facet": ["01T04:00-02T00:00", "01T00:00-01T04:00"],
    }


@pytest.mark.parametrize("interval", ["1m", "5m", "15m"])
def test_fine_intervals_read_minutes_only(interval: str) -> None:
    for group_by, level in (([], "usage_1m_total"), (["model"], "usage_1m")):
        found = reads("2026-11-01T00:00Z", "2026-11-02T00:00Z", interval=interval, group_by=group_by)
        assert found == {level: ["01T00:00-02T00:00"]}


def test_a_marked_hour_behind_the_minute_retention_is_its_coarse_row_and_its_late_minutes() -> None:
    marks = marked("2026-11-01T05:00Z", dropped="2026-11-02T00:00Z")
    assert reads("2026-11-01T04:00Z", "2026-11-01T07:00Z", marks) == {
        "usage_1h_facet": ["01T04:00-01T07:00"],
        "usage_1m": ["01T05:00-01T06:00"],
    }


def test_a_marked_hour_behind_the_hour_retention_is_its_day_row_and_its_late_minutes() -> None:
    border = "2026-11-03T00:00Z"
    marks = marked("2026-11-01T05:00Z", dropped=border, hours_dropped=border)
    assert reads("2026-11-01T00:00Z", "2026-11-04T00:00Z", marks) == {
        "usage_1d_facet": ["01T00:00-04T00:00"],
        "usage_1m": ["01T05:00-01T06:00"],
    }


@pytest.mark.parametrize(
    ("start", "asked"),
    [
        ("2026-11-01T00:30Z", {}),
        ("2026-11-01T00:00Z", {"interval": "15m"}),
        ("2026-11-01T00:00Z", {"interval": "hour", "tz": "Asia/Kolkata"}),
    ],
)
def test_minutes_that_are_gone_are_refused_rather_than_guessed(start: str, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        reads(start, "2026-11-01T09:00Z", marked(dropped="2026-11-02T00:00Z"), **asked)
    assert refused.value.code == "minutes_not_kept"


@pytest.mark.parametrize(
    ("start", "asked"), [("2026-11-01T01:00Z", {}), ("2026-11-01T00:00Z", {"interval": "hour"})]
)
def test_hours_that_are_gone_are_refused_rather_than_guessed(start: str, asked: dict[str, Any]) -> None:
    border = "2026-11-02T00:00Z"
    with pytest.raises(InvalidInput) as refused:
        reads(start, "2026-11-03T00:00Z", marked(dropped=border, hours_dropped=border), **asked)
    assert (refused.value.code, refused.value.field) == ("hours_not_kept", "from")


def test_too_many_scattered_marks_are_read_as_one_span_of_minutes() -> None:
    marks = Marks(frozenset(START + 2 * HOUR * n for n in range(1, 9)), frozenset(), None, START)
    found = plan(UsageQuery(TENANT, START, START + DAY), marks, spans_max=4)
    spans = {read.level: read.spans for read in found.reads}
    assert spans[Level.MINUTE] == (Span(START + 2 * HOUR, START + 17 * HOUR),)
    assert spans[Level.FACET_HOUR] == (
        Span(START, START + 2 * HOUR),
        Span(START + 17 * HOUR, START + DAY),
    )


def test_scattered_marks_behind_the_retention_ask_to_come_back() -> None:
    marks = Marks(frozenset(START + 2 * HOUR * n for n in range(1, 9)), frozenset(), START + DAY, START)
    with pytest.raises(TryLater, match="closer_behind"):
        plan(UsageQuery(TENANT, START, START + DAY), marks, spans_max=4)


def test_years_of_days_that_begin_within_an_hour_are_refused_with_a_hint() -> None:
    query = UsageQuery.ask(TENANT, START, START + 20 * DAY, interval="day", tz="Asia/Kolkata")
    with pytest.raises(InvalidInput) as refused:
        plan(query, NOTHING_MARKED, spans_max=8)
    assert (refused.value.code, refused.value.field) == ("too_many_spans", "tz")


def test_only_the_columns_that_are_needed_are_read_each_once() -> None:
    query = UsageQuery.ask(
        TENANT, START, START + DAY, metrics=["latency_p95_ms", "latency_p50_ms", "events"], group_by=["model"]
    )
    found = plan(query, NOTHING_MARKED, spans_max=500)
    assert found.sketches == ("latency_sketch",)
    assert "cost_input_pico_usd" not in found.columns
    assert len(set(found.columns)) == len(found.columns)
