"""The check of the ledger on a real database: sound after real flushes, and every planted breach is found."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from analytics_hub.domain.ledger import Breach, Rule
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.ledger_check import check_ledger, check_rows, hour_of
from tests.support.database import Database
from tests.support.ingest import NOW, PostgresStored, event, events, prepared

HOUR = hour_of(NOW)
START, END = HOUR - timedelta(hours=3), HOUR + timedelta(hours=1)


@pytest.fixture
def stored(db: Database) -> Iterator[PostgresStored]:
    made = PostgresStored(db)
    yield made
    made.close()


@pytest.fixture
def maint(db: Database) -> Iterator[psycopg.Connection[Any]]:
    with db.connect("hub_maint") as conn:
        yield conn


def breaches(maint: psycopg.Connection[Any], *, thorough: bool = False) -> list[tuple[Rule, int, int]]:
    return [(one.rule, one.expected, one.found) for one in check_ledger(maint, START, END, thorough=thorough)]


def plant(db: Database, statement: str, *args: object) -> None:
    """As the superuser: no serving role may do such a thing."""
    with db.connect("postgres") as admin:
        assert admin.execute(statement.encode(), args).rowcount > 0


@pytest.mark.parametrize("thorough", [False, True])
def test_after_flushes_with_resends_and_rejects_all_is_well(
    stored: PostgresStored, maint: psycopg.Connection[Any], thorough: bool
) -> None:
    for batch in ([*events(range(20)), b"{"], events(range(10, 30)), [event(1, id="")]):
        stored.sink.flush(prepared(batch, stored.tenant_id))
    assert breaches(maint, thorough=thorough) == []
    assert stored.ledger().stored == 30


def test_an_event_received_and_not_accounted_for_is_found(
    db: Database, stored: PostgresStored, maint: psycopg.Connection[Any]
) -> None:
    stored.sink.flush(prepared(events(range(5)), stored.tenant_id))
    plant(db, "UPDATE hub.ingest_ledger SET received = received + 1")
    assert breaches(maint) == [(Rule.EQUATION, 6, 5)]


def test_a_surplus_in_one_hour_does_not_hide_a_loss_in_another(
    db: Database, stored: PostgresStored, maint: psycopg.Connection[Any]
) -> None:
    for hour, received in ((HOUR, 9), (HOUR - timedelta(hours=1), 11)):
        plant(
            db,
            "INSERT INTO hub.ingest_ledger VALUES (%s, %s, nextval('hub.flush_id_seq'), %s, 0, 10, 0)",
            stored.tenant_id,
            hour,
            received,
        )
    assert breaches(maint) == [(Rule.EQUATION, 11, 10), (Rule.EQUATION, 9, 10)]


@pytest.mark.parametrize("thorough", [False, True])
def test_a_row_that_is_gone_is_found(
    db: Database, stored: PostgresStored, maint: psycopg.Connection[Any], thorough: bool
) -> None:
    stored.sink.flush(prepared(events(range(5)), stored.tenant_id))
    plant(db, "DELETE FROM hub.usage_events WHERE event_id = 'event-3'")
    assert breaches(maint, thorough=thorough) == [(Rule.ROWS, 5, 4)]


def test_a_row_too_many_is_found(
    db: Database, stored: PostgresStored, maint: psycopg.Connection[Any]
) -> None:
    stored.sink.flush(prepared(events(range(5)), stored.tenant_id))
    plant(db, "UPDATE hub.ingest_ledger SET stored = 4, duplicate = 1")
    assert breaches(maint) == [(Rule.ROWS, 4, 5)]


def test_rows_without_any_ledger_are_found(
    db: Database, stored: PostgresStored, maint: psycopg.Connection[Any]
) -> None:
    just_now = (NOW - timedelta(minutes=1)).isoformat()
    stored.sink.flush(prepared([event(1, time=just_now)], stored.tenant_id))
    plant(db, "DELETE FROM hub.ingest_ledger")
    assert breaches(maint) == [(Rule.ROWS, 0, 1)]


def test_a_row_too_many_with_an_old_time_of_its_own_needs_the_thorough_check(
    db: Database, stored: PostgresStored, maint: psycopg.Connection[Any]
) -> None:
    old = event(1, time="2024-02-29T00:00:00Z")
    stored.sink.flush(prepared([old, event(2)], stored.tenant_id, any_age=True))
    plant(db, "UPDATE hub.ingest_ledger SET stored = 1, duplicate = 1")
    assert breaches(maint) == []
    assert breaches(maint, thorough=True) == [(Rule.ROWS, 1, 2)]


@pytest.mark.parametrize("age_days", [0, 1, 5, 900])
def test_events_of_any_age_are_found_among_the_rows(
    stored: PostgresStored, maint: psycopg.Connection[Any], age_days: int
) -> None:
    time = (NOW - timedelta(days=age_days)).isoformat()
    stored.sink.flush(prepared([event(1, time=time)], stored.tenant_id, any_age=True))
    assert breaches(maint) == []


def test_what_was_removed_on_purpose_is_no_breach(
    db: Database, stored: PostgresStored, maint: psycopg.Connection[Any]
) -> None:
    stored.sink.flush(prepared(events(range(5)), stored.tenant_id))
    plant(db, "DELETE FROM hub.usage_events WHERE event_id IN ('event-1', 'event-2')")
    assert breaches(maint) == [(Rule.ROWS, 5, 3)]
    maint.execute(
        "INSERT INTO hub.ledger_removals (tenant_id, hour, reason, events) VALUES (%s, %s, 'purged', 2)",
        [stored.tenant_id, HOUR],
    )
    assert breaches(maint) == []


def test_a_breach_names_its_tenant_and_hour_and_no_neighbour(
    db: Database, stored: PostgresStored, maint: psycopg.Connection[Any]
) -> None:
    other = db.add_tenant("other")
    stored.sink.flush(prepared(events(range(5)), stored.tenant_id))
    stored.sink.flush(prepared(events(range(7)), other))
    plant(db, "DELETE FROM hub.usage_events WHERE tenant_id = %s AND event_id = 'event-3'", other)
    (found,) = check_ledger(maint, START, END)
    assert found == Breach(TenantId(other), HOUR, Rule.ROWS, 7, 6)
    assert str(found) == f"ledger of tenant {other}, hour 2026-11-05T12:00Z: 7 stored, 6 rows"
    assert list(check_rows(maint, TenantId(stored.tenant_id), START, END)) == []


def test_an_hour_outside_of_the_range_is_not_looked_at(
    db: Database, stored: PostgresStored, maint: psycopg.Connection[Any]
) -> None:
    stored.sink.flush(prepared(events(range(5)), stored.tenant_id))
    plant(db, "UPDATE hub.ingest_ledger SET received = received + 1")
    assert check_ledger(maint, START, HOUR) == []
