"""The operator's figures on a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.domain.status import DatabaseStatus
from analytics_hub.storage.status_store import read_status
from tests.support.database import Database
from tests.support.deltas import flush_delta
from tests.support.ingest import PostgresStored, events, prepared


@pytest.fixture
def stored(db: Database) -> Iterator[PostgresStored]:
    made = PostgresStored(db)
    yield made
    made.close()


def look(db: Database) -> DatabaseStatus:
    with db.connect("hub_maint") as conn:
        return read_status(conn)


def test_an_empty_hub_has_figures(db: Database) -> None:
    found = look(db)
    assert (found.freshness_s, found.last_hour, found.partitions) == (None, LedgerCount(), ())


def test_a_flush_shows_at_once_whatever_the_age_of_its_events(db: Database, stored: PostgresStored) -> None:
    stored.sink.flush(prepared([*events(range(5)), b"{"], stored.tenant_id))
    found = look(db)
    assert found.freshness_s is not None
    assert 0 <= found.freshness_s < 60
    assert found.last_minute == found.last_hour == LedgerCount(6, 5, 0, 1)
    assert found.broken_flushes == 0


def test_older_flushes_leave_the_minute_and_then_the_hour(db: Database, stored: PostgresStored) -> None:
    stored.sink.flush(prepared(events(range(5)), stored.tenant_id))
    for age, minute, hour in (("2 minutes", 0, 5), ("2 hours", 0, 0)):
        with db.connect("postgres") as admin:
            admin.execute("UPDATE hub.ingest_ledger SET flushed_at = now() - %s::interval", [age])
        found = look(db)
        assert (found.last_minute.received, found.last_hour.received) == (minute, hour)
    assert found.freshness_s is not None
    assert found.freshness_s > 7_000


def test_a_broken_flush_is_counted(db: Database, stored: PostgresStored) -> None:
    stored.sink.flush(prepared(events(range(5)), stored.tenant_id))
    with db.connect("postgres") as admin:
        admin.execute("UPDATE hub.ingest_ledger SET received = received + 1")
    assert look(db).broken_flushes == 1


def test_todays_letters_are_told_with_those_counted_only(db: Database) -> None:
    with db.connect("hub_writer") as writer:
        for days, figures in ((0, [3, 100, 7]), (1, [50, 50, 50])):
            day = (datetime.now(UTC) - timedelta(days=days)).date()
            writer.execute("INSERT INTO hub.dead_letter_volume VALUES (1, %s, %s, %s, %s)", [day, *figures])
    found = look(db)
    assert (found.letters_today, found.letter_bytes_today, found.rejects_counted_only_today) == (3, 100, 7)


def test_hours_that_are_over_and_marked_are_open(db: Database) -> None:
    tenant = db.add_tenant("acme")
    now = datetime.now(UTC)
    past = [now - timedelta(hours=hours) for hours in (2, 2, 5)]
    with db.connect("hub_writer") as writer:
        for moment in [*past, now]:
            flush_delta(writer, tenant, moment, events=1)
    found = look(db)
    assert found.open_hours == 2
    assert found.oldest_open_hour == past[2].replace(minute=0, second=0, microsecond=0)


def test_partitions_say_where_the_database_stands(db: Database, stored: PostgresStored) -> None:
    fence = stored.sink.claim("kafka:c:t:0", 5)
    stored.sink.flush(prepared(events(range(5)), stored.tenant_id), fence, 25)
    (one,) = look(db).partitions
    assert (one.partition_key, one.next_offset, one.epoch) == ("kafka:c:t:0", 25, 1)
