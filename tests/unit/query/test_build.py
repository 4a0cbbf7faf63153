"""The builder by its exact text: one golden file a case, holding the statement and its arguments.

A change of the builder shows as a change of these files: read it, then write the file anew from the
failure's text.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analytics_hub.domain.plan import Marks, Plan
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.build import are_apart, build
from analytics_hub.query.plan import plan

GOLDEN = Path(__file__).with_name("golden")
TENANT = TenantId(7)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


CASES = {
    "total_of_whole_days": UsageQuery.ask(TENANT, at(3), at(5), metrics=["events"]),
    "range_with_edges_and_a_marked_hour": UsageQuery.ask(TENANT, at(1, 22, 30), at(3), metrics=["cost_usd"]),
    "hours_of_utc": UsageQuery.ask(TENANT, at(1), at(1, 6), interval="hour", metrics=["events"]),
    "values_of_a_facet_with_a_gap": UsageQuery.ask(
        TENANT, at(3), at(6), interval="day", metrics=["latency_p95_ms"], group_by=["model"], limit=5
    ),
    "a_filter_on_a_facet": UsageQuery.ask(
        TENANT, at(3), at(4), metrics=["events"], filters={"provider": ["openai"]}
    ),
    "local_days_across_a_change_of_offset": UsageQuery.ask(
        TENANT, at(1, 4), at(4, 5), interval="day", tz="America/New_York", metrics=["events"]
    ),
    "groups_by_dimension_and_tag_in_order": UsageQuery.ask(
        TENANT,
        at(3),
        at(4),
        metrics=["cost_usd"],
        group_by=["model", "tag.team"],
        order="-error_rate",
        limit=5,
    ),
    "filters_by_dimension_and_tag": UsageQuery.ask(
        TENANT,
        at(3),
        at(4),
        metrics=["latency_p95_ms", "latency_avg_ms"],
        filters={"provider": ["openai", "anthropic"], "tag.team": ["it's; DROP TABLE"]},
    ),
}
MARKED = Marks(
    frozenset({at(2, 5)}), frozenset(), None, at(9), gaps={"model": frozenset({at(4, 7)}), "": frozenset()}
)


def planned(name: str) -> Plan:
    """The plan of a case; those of groups that are given are of the same question."""
    if name not in GIVEN:
        return plan(CASES[name], MARKED, spans_max=500)
    found = plan(CASES["values_of_a_facet_with_a_gap"], MARKED, spans_max=500)
    groups, others = GIVEN[name]
    return replace(found, groups=groups, others=others)


_TWO = (("b",), ("it's",))
GIVEN = {
    "given_groups_and_the_rest": (_TWO, True),
    "given_groups_only": (_TWO, False),
    "every_group": (None, False),
}
NAMES = [*CASES, *GIVEN]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-08T00:00-05:00", "2026-03-10T00:00-04:00"),
        ("2026-03-07T00:00-05:00", "2026-03-10T00:00-04:00"),
    ],
)
def test_days_of_unequal_length_are_never_counted_off_by_one_width(start: str, end: str) -> None:
    edges = datetime.fromisoformat(start), datetime.fromisoformat(end)
    query = UsageQuery.ask(TENANT, *edges, interval="day", tz="America/New_York")
    assert "width" not in build(plan(query, MARKED, spans_max=500))[1]


def golden_text(name: str) -> str:
    text, args = build(planned(name))
    lines = [f"-- {name} = {value!r}" for name, value in args.items()]
    return text + "\n\n" + "\n".join(lines).replace("datetime.", "") + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_statement_reads_as_its_golden_file(name: str) -> None:
    assert golden_text(name) == (GOLDEN / f"{name}.sql").read_text()


def test_every_golden_file_belongs_to_a_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_value_of_a_caller_enters_the_text(name: str) -> None:
    text, args = build(planned(name))
    for values in (value for value in args.values() if isinstance(value, list)):
        assert not [value for value in values if isinstance(value, str) and f"'{value}'" in text]
    assert "DROP TABLE" not in text


@pytest.mark.parametrize("name", NAMES)
def test_every_view_is_read_by_tenant(name: str) -> None:
    text, _ = build(planned(name))
    assert text.count("hub_read.") == text.count("tenant_id = %(tenant_id)s::int4")


@pytest.mark.parametrize(
    ("asked", "apart"),
    [
        ({"interval": "hour"}, True),  # an hour is closed or it is not
        ({"interval": "day"}, False),  # the day of the marked hour is read from two levels
        ({}, False),
        ({"interval": "5m"}, True),
    ],
)
def test_levels_that_share_a_bucket_are_added_up(asked: dict[str, Any], apart: bool) -> None:
    found = plan(UsageQuery.ask(TENANT, at(2), at(4), metrics=["events"], **asked), MARKED, spans_max=500)
    assert len(found.reads) > 1
    assert are_apart(found, [(read,) for read in found.reads]) is apart
    assert ("FROM level GROUP BY" in build(found)[0]) is not apart


def test_a_late_delta_and_its_coarse_row_share_a_bucket() -> None:
    marks = replace(MARKED, minutes_dropped_before=at(3))
    found = plan(UsageQuery.ask(TENANT, at(2), at(3), interval="hour"), marks, spans_max=500)
    assert not are_apart(found, [(read,) for read in found.reads])
