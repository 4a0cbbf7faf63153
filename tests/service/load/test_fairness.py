"""One tenant's 30 days of history keep nobody waiting: another one's answers stay exact, its hours get their turn."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.storage.closer import ClosedReport, CloserLimits, close_due
from tests.support.database import Database
from tests.support.exactness import METRICS, both_now
from tests.support.history import FIRST, RunningLoad, counted, day_lines, history, running_load, wait_until
from tests.support.ingest import PostgresStored, prepared

pytestmark = pytest.mark.timeout(900)

DAYS = 30
OTHERS_HOURS = 5
MARKED = "SELECT count(DISTINCT hour) FROM hub.rollup_marks WHERE tenant_id = %s"
STORED = "SELECT sum(stored) FROM hub.ingest_ledger WHERE tenant_id = %s"
INSIDE_COPY = (
    "SELECT count(*) FROM pg_locks WHERE granted AND mode = 'RowExclusiveLock'"
    " AND relation = 'hub.usage_events'::regclass"
)


class Two:
    """A tenant with a past to load, and another one that only wants its answers."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.backfiller = db.add_tenant("acme")
        self.stored = PostgresStored(db, "other")
        self.other = self.stored.tenant_id

    def other_sends(self, day: int, events: int) -> None:
        lines = day_lines(day, 24, "other")[:events]
        self.stored.sink.flush(prepared(lines, self.other, any_age=True))

    def events_of(self, tenant: int) -> int:
        """Of one tenant, in an answer that is exact."""
        question = UsageQuery(
            TenantId(tenant),
            FIRST,
            FIRST + timedelta(days=DAYS),
            interval=Interval.DAY,
            metrics=METRICS,
            group_by=("project",),
        )
        planned, events, _ = both_now(self.db.reader_dsn, question)
        assert planned == events
        return sum(sums[0] for sums in planned.values())

    def close(self, transactions_max: int, tenant: TenantId | None = None) -> ClosedReport:
        """What a serving process does between its pauses, cut short."""
        limits = CloserLimits(hours_max=24, transactions_max=transactions_max)
        with self.db.connect("hub_maint") as conn:
            return close_due(conn, SystemClock().now(), tenant, limits)

    def marked(self, tenant: int) -> int:
        return counted(self.db, MARKED, tenant)

    def wait_for_stored(self, load: RunningLoad, events: int) -> None:
        wait_until(load, lambda: counted(self.db, STORED, self.backfiller) == events, f"{events} events")


@pytest.fixture
def two(db: Database) -> Iterator[Two]:
    both = Two(db)
    yield both
    both.stored.close()


def test_another_tenants_hours_are_closed_in_its_turn(two: Two) -> None:
    two.other_sends(DAYS - 1, OTHERS_HOURS)
    with running_load(two.db, "acme") as load:
        # The latest first: the load's own closer can close nothing before the end.
        load.feed(b"\n".join(reversed(history(DAYS).splitlines())) + b"\n")
        two.wait_for_stored(load, DAYS * 24)
        report = two.close(transactions_max=2)
        assert (two.marked(two.other), report.transactions) == (0, 2)
        assert two.marked(two.backfiller) == (DAYS - 1) * 24
        assert two.events_of(two.other) == OTHERS_HOURS
        assert load.finish()[0] == 0


def test_a_loader_that_stands_still_inside_its_copy_keeps_nobody_waiting(two: Two) -> None:
    with running_load(two.db, "acme") as load:
        load.feed(history(DAYS - 1))
        assert load.finish()[0] == 0
    with running_load(two.db, "acme", HUB_FAILPOINTS="flush.inside_copy=pause(600000)") as load:
        load.feed(b"\n".join(day_lines(DAYS - 1)) + b"\n")
        wait_until(load, lambda: counted(two.db, INSIDE_COPY) > 0, "loader inside its COPY")
        two.other_sends(DAYS - 1, OTHERS_HOURS)
        assert two.events_of(two.other) == OTHERS_HOURS
        assert two.close(transactions_max=2, tenant=TenantId(two.other)).complete
        assert two.marked(two.other) == 0
        assert two.events_of(two.backfiller) == (DAYS - 1) * 24


def test_two_tenants_answers_are_exact_all_through_a_backfill(two: Two) -> None:
    with running_load(two.db, "acme") as load:
        for day in range(DAYS):
            load.feed(b"\n".join(day_lines(day, 24)) + b"\n")
            two.other_sends(day, OTHERS_HOURS)
            assert two.events_of(two.other) == (day + 1) * OTHERS_HOURS
            if day % 5 == 0:
                assert two.events_of(two.backfiller) <= (day + 1) * 24
            two.close(transactions_max=2)
        assert load.finish()[0] == 0
    assert two.events_of(two.backfiller) == DAYS * 24
    two.close(transactions_max=100)
    assert (two.marked(two.other), two.marked(two.backfiller)) == (0, 0)
    assert two.events_of(two.other) == DAYS * OTHERS_HOURS
