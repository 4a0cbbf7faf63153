"""The watch of the ledger: the alarm goes on and off, a breach is told once, an hour is counted once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from analytics_hub.cli.ledger_watch import LedgerWatch
from analytics_hub.domain.clock import FixedClock
from analytics_hub.telemetry import REGISTRY
from tests.support.database import Database
from tests.support.ingest import NOW, PostgresStored, events, prepared


class Watched:
    """A watch an hour after some events were stored, and its alarm."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.stored = PostgresStored(db)
        self.stored.sink.flush(prepared(events(range(5)), self.stored.tenant_id))
        self.clock = FixedClock(NOW + timedelta(hours=1))
        self.watch = LedgerWatch(self.clock, 24)

    def round(self) -> tuple[int, int]:
        """(hours that the alarm shows, breaches told in the log)."""
        with self.db.connect("hub_maint") as maint, capture_logs() as logs:
            self.watch.round(maint)
        errors = [one for one in logs if one["log_level"] == "error"]
        return int(REGISTRY.get_sample_value("hub_ledger_broken_hours") or 0), len(errors)

    def change(self, statement: str) -> None:
        with self.db.connect("postgres") as admin:
            assert admin.execute(statement.encode()).rowcount > 0


@pytest.fixture
def watched(db: Database) -> Iterator[Watched]:
    made = Watched(db)
    yield made
    made.stored.close()


def test_while_all_is_well_the_alarm_is_off(watched: Watched) -> None:
    assert [watched.round() for _ in range(2)] == [(0, 0)] * 2


def test_a_broken_equation_sets_the_alarm_is_told_once_and_ends_with_its_cause(watched: Watched) -> None:
    watched.round()
    watched.change("UPDATE hub.ingest_ledger SET received = received + 1")
    assert [watched.round() for _ in range(2)] == [(1, 1), (1, 0)]
    watched.change("UPDATE hub.ingest_ledger SET received = received - 1")
    assert watched.round() == (0, 0)


def test_a_lost_row_keeps_the_alarm_on_until_it_is_accounted_for(watched: Watched) -> None:
    watched.change("DELETE FROM hub.usage_events WHERE event_id = 'event-3'")
    assert [watched.round() for _ in range(2)] == [(1, 1), (1, 0)]
    watched.change(
        "INSERT INTO hub.ledger_removals (tenant_id, hour, reason, events)"
        " SELECT tenant_id, hour, 'purged', 1 FROM hub.ingest_ledger"
    )
    assert watched.round() == (0, 0)


def test_both_rules_broken_in_one_hour_are_one_hour_and_two_errors(watched: Watched) -> None:
    watched.change("DELETE FROM hub.usage_events WHERE event_id = 'event-3'")
    watched.change("UPDATE hub.ingest_ledger SET received = received + 1")
    assert watched.round() == (1, 2)


def test_rows_of_an_hour_are_counted_when_it_is_over(watched: Watched) -> None:
    watched.clock.advance(timedelta(hours=-1))
    watched.change("DELETE FROM hub.usage_events WHERE event_id = 'event-3'")
    assert watched.round() == (0, 0)
    watched.clock.advance(timedelta(hours=1))
    assert watched.round() == (1, 1)


def test_the_error_names_tenant_hour_and_numbers(watched: Watched) -> None:
    watched.change("UPDATE hub.ingest_ledger SET received = received + 1")
    with watched.db.connect("hub_maint") as maint, capture_logs() as logs:
        watched.watch.round(maint)
    (told,) = [one for one in logs if one["log_level"] == "error"]
    assert told["tenant_id"] == watched.stored.tenant_id
    assert (told["hour"], told["rule"]) == ("2026-11-05T12:00:00+00:00", "equation")
    assert (told["expected"], told["found"]) == (6, 5)
