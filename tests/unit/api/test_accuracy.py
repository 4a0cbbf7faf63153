"""What stored forecasts were worth, over HTTP: its shape, its weeks, every format, and whose it is."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.api.rest.accuracy_wire import ACCURACY_EXAMPLE, AccuraciesBody
from analytics_hub.domain.tenant import TenantId
from tests.support.api_world import World
from tests.support.findings import accuracy

PATH = "/v1/forecasts/accuracy"
MONDAY = datetime(2026, 10, 26, tzinfo=UTC)  # of the last week that is over
WEEK = timedelta(days=7)


def world() -> World:
    """Three weeks of hours, the last of days as well; another tenant has one too."""
    made = World()
    weeks = [accuracy(MONDAY - number * WEEK) for number in (0, 1, 2)]
    made.findings.put_accuracy(made.tenant_id, weeks[:1] + weeks[2:])
    made.findings.put_accuracy(
        made.tenant_id, [replace(weeks[1], metric="cost_usd", step_s=86_400, buckets=7, wape=1 / 3)]
    )
    made.findings.put_accuracy(TenantId(77), [accuracy(MONDAY, "errors")])
    return made


def test_what_forecasts_were_worth_has_its_documented_shape() -> None:
    AccuraciesBody.model_validate(ACCURACY_EXAMPLE)
    made = world()
    answer = made.get(PATH, made.query_key)
    AccuraciesBody.model_validate(answer.body)
    assert answer.body["query"] == {"from": "2026-09-07T00:00:00Z", "to": "2026-11-02T00:00:00Z", "weeks": 8}
    assert [one["week"][:10] for one in answer.body["accuracies"]] == [
        "2026-10-26",
        "2026-10-19",
        "2026-10-12",
    ]
    newest, middle, _ = answer.body["accuracies"]
    assert newest == {
        "week": "2026-10-26T00:00:00Z",
        "metric": "events",
        "interval": "1h",
        "buckets": 168,
        "wape": 0.125,
        "naive_wape": 0.25,
        "coverage_80": 0.75,
        "coverage_95": None,
        "made_at": "2026-11-02T04:00:00Z",
    }
    assert (middle["interval"], middle["wape"]) == ("1d", 0.333333)


def test_only_so_many_weeks_are_told_as_were_asked_for() -> None:
    made = world()
    assert len(made.get(PATH, made.query_key, {"weeks": "2"}).body["accuracies"]) == 2


def test_a_table_has_a_row_a_week_metric_and_interval() -> None:
    made = world()
    answer = made.get(PATH, made.query_key, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["metric"], row["interval"], row["coverage_95"]) for row in rows] == [
        ("events", "1h", ""),
        ("cost_usd", "1d", ""),
        ("events", "1h", ""),
    ]


def test_who_was_never_judged_is_told_nothing() -> None:
    made = World()
    assert made.get(PATH, made.query_key).body["accuracies"] == []


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"weeks": "0"}, "bad_weeks", "weeks"),
        ({"weeks": "521"}, "bad_weeks", "weeks"),
        ({"weeks": "x"}, "bad_parameter", "weeks"),
        ({"metrics": "events"}, "unknown_parameter", "metrics"),
    ],
)
def test_weeks_that_cannot_be_told_are_refused_by_name(asked: dict[str, str], code: str, field: str) -> None:
    made = World()
    answer = made.get(PATH, made.query_key, asked)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, code, field)


def test_it_asks_for_the_right_to_view() -> None:
    made = World()
    assert made.get(PATH, made.ingest_key).status == 403
