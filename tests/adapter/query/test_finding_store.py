"""What the jobs found, kept and answered: the real store and its twin by the same tests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest

from analytics_hub.domain.access import Actor
from analytics_hub.domain.incident import (
    Anomaly,
    Feedback,
    FindingFilter,
    Incident,
    IncidentKind,
    Note,
    Place,
)
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.finding_memory import MemoryFindings
from analytics_hub.query.finding_ports import anomaly_key
from analytics_hub.storage.connections import connect, tenant_writing
from tests.support.database import Database
from tests.support.findings import (
    ANN,
    AT,
    BOB,
    HOUR,
    MONDAY,
    WHOLE,
    Findings,
    Remembered,
    Stored,
    accuracy,
    anomaly,
    forecast,
    incident,
    incident_id,
)

OURS, THEIRS = TenantId(1), TenantId(2)
ALL = FindingFilter(OURS, AT - timedelta(days=1), AT + timedelta(days=30))
WEEK = timedelta(days=7)
PROJECT = Place("project", "p|é\x1f")


@pytest.fixture(params=["real", "twin"])
def findings(request: pytest.FixtureRequest, db: Database) -> Findings:
    if request.param == "twin":
        return Remembered(MemoryFindings())
    assert (db.add_tenant("ours"), db.add_tenant("theirs")) == (OURS, THEIRS)
    return Stored(db)


def anomalies(
    findings: Findings, question: FindingFilter, after: tuple[datetime, str] | None = None, limit: int = 9
) -> list[Anomaly]:
    return list(findings.ask(lambda store, _: store.anomalies(question, after, limit)))


def give(findings: Findings, word: Feedback, by: Actor, at: datetime) -> Incident | None:
    return findings.ask(lambda _, desk: desk.give_feedback(OURS, incident_id(1), word, by, at))


def test_a_forecast_comes_back_as_it_was_put(findings: Findings) -> None:
    findings.put(OURS, forecasts=[forecast()])
    assert list(findings.ask(lambda store, _: store.forecasts(OURS, ["requests"], WHOLE))) == [forecast()]


def test_the_newest_forecast_of_each_metric_and_step_is_answered(findings: Findings) -> None:
    old, new = forecast(start=AT - HOUR), forecast(start=AT, value=7.0)
    daily, cost = forecast(step=24 * HOUR), forecast("cost_usd")
    findings.put(OURS, forecasts=[old, new, daily, cost, forecast("latency_ms")])
    found = findings.ask(lambda store, _: store.forecasts(OURS, ["requests", "cost_usd"], WHOLE))
    assert {(one.metric, one.step_s): one for one in found} == {
        ("requests", 3600): new,
        ("requests", 86_400): daily,
        ("cost_usd", 3600): cost,
    }


def test_a_forecast_of_another_place_or_tenant_is_not_answered(findings: Findings) -> None:
    findings.put(OURS, forecasts=[forecast(place=PROJECT)])
    findings.put(THEIRS, forecasts=[forecast()])
    assert list(findings.ask(lambda store, _: store.forecasts(OURS, ["requests"], WHOLE))) == []


def test_what_forecasts_were_worth_comes_by_week_then_metric_and_step(findings: Findings) -> None:
    days, before, cost = accuracy(step=24 * HOUR), accuracy(MONDAY - WEEK), accuracy(metric="cost_usd")
    findings.put(OURS, accuracies=[before, days, accuracy(), cost, accuracy(MONDAY - 2 * WEEK)])
    found = findings.ask(lambda store, _: store.accuracies(OURS, MONDAY - WEEK, MONDAY + WEEK))
    assert list(found) == [cost, accuracy(), days, before]


def test_what_forecasts_of_others_or_of_a_part_were_worth_is_not_answered(findings: Findings) -> None:
    findings.put(OURS, accuracies=[accuracy(place=PROJECT)])
    findings.put(THEIRS, accuracies=[accuracy()])
    assert list(findings.ask(lambda store, _: store.accuracies(OURS, MONDAY, MONDAY + WEEK))) == []


def test_an_incident_comes_back_as_it_was_put(findings: Findings) -> None:
    put = incident(place=PROJECT)
    findings.put(OURS, incidents=[put])
    assert findings.ask(lambda store, _: store.incident(OURS, put.incident_id)) == put


def test_an_incident_of_another_tenant_is_none(findings: Findings) -> None:
    findings.put(THEIRS, incidents=[incident()])
    assert findings.ask(lambda store, _: store.incident(OURS, incident().incident_id)) is None


def test_pages_of_incidents_hold_each_once_and_the_newest_first(findings: Findings) -> None:
    put = [incident(number, hours) for number, hours in ((1, 0), (2, 5), (3, 5), (4, 5), (5, 9))]
    findings.put(OURS, incidents=put)
    first = findings.ask(lambda store, _: store.incidents(ALL, None, 3))
    place = (first[-1].began_at, first[-1].incident_id)
    rest = findings.ask(lambda store, _: store.incidents(ALL, place, 3))
    assert [one.incident_id.int for one in (*first, *rest)] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda asked: replace(asked, start=AT, end=AT + 2 * HOUR), [2, 1]),
        (lambda asked: replace(asked, kinds=(IncidentKind.COST,)), [3]),
        (lambda asked: replace(asked, metrics=("latency_ms",)), [2]),
        (lambda asked: replace(asked, metrics=("cost_usd", "latency_ms")), [3, 2]),
        (lambda asked: replace(asked, open_only=True), [3, 1]),
        (lambda asked: replace(asked, tenant=THEIRS), []),
    ],
)
def test_a_filter_lets_through_what_it_names(
    findings: Findings, change: Callable[[FindingFilter], FindingFilter], expected: list[int]
) -> None:
    findings.put(
        OURS,
        incidents=[
            incident(1),
            incident(2, 1, metrics=("requests", "latency_ms"), ended=True),
            incident(3, 2, kind=IncidentKind.COST, metric="cost_usd"),
        ],
    )
    found = findings.ask(lambda store, _: store.incidents(change(ALL), None, 9))
    assert [one.incident_id.int for one in found] == expected


def test_pages_of_anomalies_hold_each_once_and_the_newest_first(findings: Findings) -> None:
    put = [
        anomaly(hours, metric, place=place, detector=detector)
        for hours in (0, 3)
        for metric in ("requests", "cost_usd")
        for place in (WHOLE, PROJECT)
        for detector in ("robust_z", "gap")
    ]
    findings.put(OURS, anomalies=put)
    found: list[Anomaly] = []
    while page := anomalies(findings, ALL, (found[-1].start, anomaly_key(found[-1])) if found else None, 3):
        found += page
    assert found == sorted(put, key=lambda one: (one.start, anomaly_key(one)), reverse=True)


def test_an_anomaly_passes_with_its_incident(findings: Findings) -> None:
    mine, ended = anomaly(incident_id=incident_id(1)), anomaly(1, incident_id=incident_id(2))
    findings.put(
        OURS,
        anomalies=[mine, ended, anomaly(2)],
        incidents=[incident(1), incident(2, 1, ended=True, kind=IncidentKind.DROP)],
    )
    for question, expected in (
        (replace(ALL, open_only=True), [mine]),
        (replace(ALL, kinds=(IncidentKind.DROP,)), [ended]),
        (replace(ALL, metrics=("cost_usd",)), []),
    ):
        assert anomalies(findings, question) == expected


def test_an_anomaly_found_again_is_one(findings: Findings) -> None:
    findings.put(OURS, anomalies=[anomaly()])
    findings.put(OURS, anomalies=[anomaly(score=0.95)])
    assert anomalies(findings, ALL) == [anomaly(score=0.95)]


def test_the_first_acknowledgement_counts(findings: Findings) -> None:
    findings.put(OURS, incidents=[incident()])
    first = findings.ask(lambda _, desk: desk.acknowledge(OURS, incident_id(1), ANN, AT))
    second = findings.ask(lambda _, desk: desk.acknowledge(OURS, incident_id(1), BOB, AT + HOUR))
    assert first == second == replace(incident(), acknowledged=Note(ANN, AT))


def test_the_last_feedback_counts_and_the_same_again_changes_nothing(findings: Findings) -> None:
    findings.put(OURS, incidents=[incident()])
    give(findings, Feedback.NOISE, ANN, AT)
    give(findings, Feedback.USEFUL, BOB, AT + HOUR)
    last = give(findings, Feedback.USEFUL, BOB, AT + 2 * HOUR)
    assert last == replace(incident(), feedback=Feedback.USEFUL, feedback_note=Note(BOB, AT + HOUR))


def test_what_people_said_outlives_the_next_finding(findings: Findings) -> None:
    findings.put(OURS, incidents=[incident()])
    findings.ask(lambda _, desk: desk.acknowledge(OURS, incident_id(1), ANN, AT))
    give(findings, Feedback.NOISE, ANN, AT)
    findings.put(OURS, incidents=[incident(lasts=3, ended=True)])
    found = findings.ask(lambda store, _: store.incident(OURS, incident_id(1)))
    note = Note(ANN, AT)
    again = incident(lasts=3, ended=True)
    assert found == replace(again, acknowledged=note, feedback=Feedback.NOISE, feedback_note=note)


def test_nobody_answers_to_an_incident_of_another_tenant(findings: Findings) -> None:
    findings.put(THEIRS, incidents=[incident()])
    assert findings.ask(lambda _, desk: desk.acknowledge(OURS, incident_id(1), ANN, AT)) is None
    assert give(findings, Feedback.NOISE, ANN, AT) is None
    assert findings.ask(lambda store, _: store.incident(THEIRS, incident_id(1))) == incident()


def test_a_job_without_its_tenant_writes_nothing(db: Database) -> None:
    db.add_tenant("ours")
    with db.connect("hub_maint") as maint, pytest.raises(psycopg.errors.InsufficientPrivilege):
        maint.execute(
            "INSERT INTO hub.anomalies VALUES (1, now(), 'requests', '', '', 'd', 1, 9, 1, 0, 2, NULL)"
        )


def test_a_job_of_one_tenant_neither_writes_nor_sees_another(db: Database) -> None:
    db.add_tenant("ours")
    db.add_tenant("theirs")
    Stored(db).put(THEIRS, incidents=[incident()])
    with connect(db.maint_dsn, "hub-test") as maint:
        with tenant_writing(maint, OURS) as cursor:
            assert cursor.execute("DELETE FROM hub.incidents").rowcount == 0
            assert cursor.execute("SELECT count(*) FROM hub.incidents").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege), tenant_writing(maint, OURS) as cursor:
            cursor.execute("INSERT INTO hub.job_runs VALUES (2, gen_random_uuid(), 'score', 'done', now())")
