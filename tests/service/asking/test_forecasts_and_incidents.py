"""`hub forecast`, `hub anomalies` and `hub incidents` as an operator meets them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from analytics_hub.api.rest.accuracy_wire import AccuraciesBody
from analytics_hub.api.rest.finding_wire import AnomaliesBody, IncidentBody, IncidentsBody
from analytics_hub.api.rest.forecast_wire import ForecastsBody
from analytics_hub.api.rest.month_wire import MonthBody
from analytics_hub.domain.incident import IncidentKind, Place
from analytics_hub.domain.tenant import TenantId
from tests.support.command import Run, run_on
from tests.support.database import Database, copy_of
from tests.support.findings import Stored, accuracy, anomaly, incident, incident_id
from tests.support.ingest import event

DAYS = 30
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
LAST_WEEK = TODAY - timedelta(days=TODAY.weekday() + 7)
SINCE = ("--tenant", "acme", "--from", "2026-03-01", "--to", "2026-03-02")
FIRST = str(incident_id(1))


@dataclass
class Asked:
    """Commands on a hub with thirty days of one event each, two incidents and an anomaly."""

    run: Run
    tenant: TenantId

    def forecast(self, *arguments: str) -> dict[str, object]:
        found: dict[str, object] = orjson.loads(
            self.run.good("forecast", "--tenant", "acme", "--json", *arguments)
        )
        return found


@pytest.fixture(scope="module")
def asked(template: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    lines = [event(back, time=(noon - timedelta(days=back)).isoformat()) for back in range(1, DAYS + 1)]
    file = tmp_path_factory.mktemp("asking") / "events.ndjson"
    file.write_bytes(b"\n".join(lines))
    with copy_of(template) as db, pytest.MonkeyPatch.context() as patch:
        run = run_on(db, patch)
        run.good("tenant", "create", "acme")
        run.good("load", str(file), "--tenant", "acme", "--history")
        with db.connect("hub_maint") as maint:
            row = maint.execute("SELECT tenant_id FROM hub.tenants WHERE slug = 'acme'").fetchone()
        assert row is not None
        tenant = TenantId(row[0])
        Stored(db).put(
            tenant,
            accuracies=[accuracy(LAST_WEEK)],
            anomalies=[anomaly(incident_id=incident_id(1))],
            incidents=[
                incident(1, metric="cost_usd", place=Place("project", "[red]"), lasts=3, ended=True),
                incident(2, 5, kind=IncidentKind.GAP, told=False),
            ],
        )
        yield Asked(run, tenant)


def test_a_forecast_is_a_line_a_day_with_both_intervals_and_the_months_end(asked: Asked) -> None:
    done = asked.run("forecast", "--tenant", "acme", "--horizon", "3")
    assert done.exit_code == 0, done.output
    header, *days, month = done.stdout.splitlines()
    assert header.split() == ["time", "cost_usd", "80", "%", "95", "%"]
    assert len(days) == 3
    assert all(day.split()[1] == "00:00" and "$0.0003" in day for day in days)
    assert "so far" in month
    assert "expected at its end" in month
    assert "in its backtest wrong by" in done.stderr
    assert "times of UTC" in done.stderr


def test_a_forecast_as_json_is_that_of_the_api(asked: Asked) -> None:
    found = asked.forecast("--horizon", "2", "--metrics", "events", "--group-by", "model")
    body = ForecastsBody.model_validate(found["forecasts"])
    MonthBody.model_validate(found["month"])
    assert [point.value for point in body.series[0].metrics[0].points] == [1.0, 1.0]


def test_a_tenant_without_usage_is_told_that_there_is_nothing_to_forecast(asked: Asked) -> None:
    done = asked.run("forecast", "--tenant", "acme", "--filter", "model=none")
    assert "no events yet, so nothing is forecast" in done.stderr
    assert "no whole day of history yet" in done.stdout


def test_what_cannot_be_forecast_is_told_in_one_line(asked: Asked) -> None:
    assert "bad_horizon" in asked.run.bad("forecast", "--tenant", "acme", "--horizon", "1000")


def test_what_forecasts_were_worth_is_a_line_a_week_and_metric(asked: Asked) -> None:
    header, line = asked.run.good("forecast", "accuracy", "--tenant", "acme").splitlines()
    assert " ".join(header.split()) == "week metric interval buckets wape week before in 80 % in 95 %"
    assert line.split() == [f"{LAST_WEEK:%Y-%m-%d}", "events", "1h", "168", "12.5%", "25.0%", "75.0%", "–"]
    found = asked.run.good("forecast", "accuracy", "--tenant", "acme", "--weeks", "1", "--json")
    assert [one.buckets for one in AccuraciesBody.model_validate_json(found).accuracies] == [168]
    assert "bad_weeks" in asked.run.bad("forecast", "accuracy", "--tenant", "acme", "--weeks", "0")


def test_who_was_never_judged_is_told_what_judges(asked: Asked) -> None:
    asked.run.good("tenant", "create", "young")
    done = asked.run("forecast", "accuracy", "--tenant", "young")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "hub jobs run" in done.stderr


def test_incidents_are_a_line_each(asked: Asked) -> None:
    lines = asked.run.good("incidents", "list", *SINCE).splitlines()
    assert lines[0].split() == ["time", "lasts", "what", "of", "observed", "expected", "cost", "state", "id"]
    gap, cost = lines[1:]
    assert "open, not told" in gap
    assert "3 h  spike: cost_usd  project [red]" in cost
    assert cost.split()[-3:] == ["+$12.35", "ended", FIRST]
    assert not asked.run.good(
        "incidents", "list", "--tenant", "acme", "--from", "2026-04-01", "--to", "2026-04-02"
    )


def test_incidents_are_listed_where_nothing_else_is_asked_for(asked: Asked) -> None:
    assert asked.run.good("incidents", *SINCE) == asked.run.good("incidents", "list", *SINCE)
    assert "acknowledge" in asked.run.good("incidents", "--help")


def test_incidents_and_anomalies_as_json_are_those_of_the_api(asked: Asked) -> None:
    found = IncidentsBody.model_validate_json(
        asked.run.good("incidents", "list", *SINCE, "--json", "--kind", "gap")
    )
    assert [one.state for one in found.incidents] == ["open"]
    anomalies = AnomaliesBody.model_validate_json(asked.run.good("anomalies", *SINCE, "--json"))
    assert [one.incident_id for one in anomalies.anomalies] == [FIRST]


def test_anomalies_are_a_line_each(asked: Asked) -> None:
    lines = asked.run.good("anomalies", *SINCE).splitlines()
    assert lines[0].split()[:4] == ["time", "metric", "of", "observed"]
    assert lines[1].startswith("2026-03-01 10:00  requests  everything")
    assert "5 .. 15" in lines[1]


def test_an_incident_is_acknowledged_and_judged_by_the_operator(asked: Asked) -> None:
    told = asked.run.good("incidents", "acknowledge", FIRST, "--tenant", "acme")
    assert "acknowledged" in told
    asked.run.good("incidents", "feedback", FIRST, "noise", "--tenant", "acme")
    found = IncidentBody.model_validate_json(
        asked.run.good("incidents", "show", FIRST, "--tenant", "acme", "--json")
    )
    assert found.acknowledged is not None
    assert (found.acknowledged.actor_kind, found.feedback) == ("operator", "noise")
    shown = asked.run.good("incidents", "show", FIRST, "--tenant", "acme")
    assert "noise, operator" in shown
    assert "by project" in shown


def test_an_incident_that_is_not_there_is_told_in_one_line(asked: Asked) -> None:
    assert "no_such_incident" in asked.run.bad("incidents", "show", str(incident_id(9)), "--tenant", "acme")
