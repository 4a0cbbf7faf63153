"""Forecasts over HTTP: shapes, spellings, every format, and what says how far to trust them."""

import csv
import io
from datetime import timedelta

import pytest

from analytics_hub.api.rest.forecast_example import FORECASTS_EXAMPLE, MONTH_EXAMPLE
from analytics_hub.api.rest.forecast_wire import ForecastsBody, estimate
from analytics_hub.api.rest.month_wire import MonthBody
from analytics_hub.query.memory import Delta
from tests.support.api_world import NOW, World

USD = 10**12


def world() -> World:
    """Forty days of two models, the same every day."""
    made = World()
    midnight = NOW.replace(hour=0, minute=0)
    for back in range(1, 41):
        for model, events in (("a", 30), ("b", 10)):
            cells = {"events": events, "cost_input_pico_usd": events * USD // 3, "errors": 3}
            made.usage.add(Delta(midnight - timedelta(days=back, hours=-9), {"model": model}, cells))
    return made


def test_a_forecast_has_its_documented_shape() -> None:
    made = world()
    answer = made.get("/v1/forecasts", made.query_key, {"horizon": "2", "tz": "Asia/Kolkata"})
    assert answer.status == 200, answer.content
    ForecastsBody.model_validate(answer.body)
    (found,) = answer.body["series"][0]["metrics"]
    assert answer.body["query"]["to"] == found["points"][0]["start"] == "2026-11-05T00:00:00+05:30"
    assert (found["source"], found["history"], found["made_at"]) == (
        "computed",
        "enough",
        "2026-11-05T12:30:00Z",
    )
    assert found["points"][1]["value"] == "13.333333"


def test_the_example_of_the_documentation_has_the_shape_of_a_forecast() -> None:
    ForecastsBody.model_validate(FORECASTS_EXAMPLE)


def test_money_is_a_rounded_decimal_string_and_anything_else_a_number() -> None:
    assert estimate("cost_usd", 1 / 3) == "0.333333"
    assert estimate("cost_usd", 1e18) == "1000000000000000000.00"
    assert estimate("cost_usd", -0.0000001) == "0.00"
    assert estimate("events", 1 / 3) == 0.333333
    assert estimate("latency_p95_ms", None) is None


def test_a_table_has_a_row_a_bucket_and_group_with_the_bounds_beside_the_value() -> None:
    made = world()
    asked = {"horizon": "3", "group_by": "model", "metrics": "events,error_rate", "top": "1"}
    answer = made.get("/v1/forecasts", made.query_key, asked, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["model"], row["other"], row["events"]) for row in rows] == [
        ("a", "false", "30.0"),
        ("a", "false", "30.0"),
        ("a", "false", "30.0"),
        ("", "true", "10.0"),
        ("", "true", "10.0"),
        ("", "true", "10.0"),
    ]
    assert rows[0]["error_rate"] == "0.1"
    assert rows[0]["events_low_80"] == "30.0"
    assert rows[0]["events_history"] == "enough"
    parquet = made.get(
        "/v1/forecasts", made.query_key, asked, headers={"Accept": "application/vnd.apache.parquet"}
    )
    assert parquet.content[:4] == b"PAR1"


def test_a_tenant_without_history_is_told_so_in_every_format() -> None:
    made = World()
    asked = {"filter.model": "nobody", "horizon": "1"}
    (found,) = made.get("/v1/forecasts", made.query_key, asked).body["series"][0]["metrics"]
    assert (found["history"], found["points"]) == ("none", [])
    text = made.get("/v1/forecasts", made.query_key, asked, headers={"Accept": "text/csv"}).content.decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["cost_usd"], row["cost_usd_history"]) == ("", "none")


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"interval": "1m"}, "unknown_interval", "interval"),
        ({"horizon": "0"}, "bad_horizon", "horizon"),
        ({"horizon": "x"}, "bad_parameter", "horizon"),
        ({"from": "-7d"}, "unknown_parameter", "from"),
        ({"group_by": "model", "top": "0"}, "bad_limit", "top"),
        ({"group_by": "user"}, "unknown_dimension", "group_by"),
        ({"group_by": "model", "top": "21"}, "too_many_series", "top"),
    ],
)
def test_what_cannot_be_forecast_is_refused_by_name(asked: dict[str, str], code: str, field: str) -> None:
    made = World()
    answer = made.get("/v1/forecasts", made.query_key, asked)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (422, code, field)


def test_a_forecast_asks_for_the_right_to_view() -> None:
    made = World()
    assert made.get("/v1/forecasts", made.ingest_key).status == 403


def test_a_months_end_has_its_documented_shape() -> None:
    MonthBody.model_validate(MONTH_EXAMPLE)
    made = world()
    answer = made.get("/v1/forecasts/month", made.query_key, {"tz": "Europe/Berlin", "filter.model": "a"})
    MonthBody.model_validate(answer.body)
    assert answer.body["query"]["from"] == "2026-11-01T00:00:00+01:00"
    assert (answer.body["spent_usd"], answer.body["expected_usd"]) == ("40.00", "294.375")
    rows = made.get("/v1/forecasts/month", made.query_key, headers={"Accept": "text/csv"}).content.decode()
    (row,) = csv.DictReader(io.StringIO(rows))
    assert (row["from"], row["spent_usd"]) == ("2026-11-01T00:00:00Z", "53.333333333337")


def test_a_month_has_no_range_of_its_own() -> None:
    made = World()
    answer = made.get("/v1/forecasts/month", made.query_key, {"from": "-7d"})
    assert (answer.status, answer.body["code"]) == (422, "unknown_parameter")
