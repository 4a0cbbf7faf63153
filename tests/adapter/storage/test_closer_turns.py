"""Whose turn it is: nobody waits for the end of another tenant's history, and nobody's fault stops the others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.closer import CloserLimits, Turn, close_due
from rust_core import SketchError
from tests.support.database import Database
from tests.support.deltas import flush_delta, minute
from tests.support.rollups import coarse, marks, summed

NOON = minute("2026-03-02 12:00")
SHORT = CloserLimits(hours_max=4)


class Turns:
    """Counts transactions, and does something after each."""

    def __init__(self, after_turn: Callable[[int], None] = lambda _: None) -> None:
        self.turns: list[Turn] = []
        self.waiting: list[int] = []
        self._after_turn = after_turn

    def round_began(self, hours_waiting: int) -> None:
        self.waiting.append(hours_waiting)

    def turn_ended(self, turn: Turn, seconds: float, conflicts: int) -> None:
        assert seconds >= 0
        assert conflicts == 0
        self.turns.append(turn)
        self._after_turn(len(self.turns))


def add_backfill(writer: psycopg.Connection[Any], tenant: int, days: int) -> None:
    for hour in range(days * 24):
        flush_delta(writer, tenant, minute("2026-01-01 00:10") + timedelta(hours=hour), events=1)


def closed(maint: psycopg.Connection[Any], tenant: int) -> bool:
    found = maint.execute(
        "SELECT EXISTS (SELECT FROM hub.usage_1h WHERE tenant_id = %s)", [tenant]
    ).fetchone()
    return found == (True,)


def test_a_tenant_that_becomes_due_waits_for_one_transaction_of_a_backfill(db: Database) -> None:
    big, small = db.add_tenant("big", late_horizon=None), db.add_tenant("small")
    closed_after: list[int] = []
    with (
        db.connect("hub_writer") as writer,
        db.connect("hub_maint") as maint,
        db.connect("hub_maint") as look,
    ):

        def after_turn(number: int) -> None:
            if number == 3:
                flush_delta(writer, small, minute("2026-03-02 10:07"), events=1)
            if closed(look, small):
                closed_after.append(number)

        add_backfill(writer, big, days=10)
        report = close_due(maint, NOON, limits=SHORT, watch=Turns(after_turn))
    assert report.transactions >= 240 / 4
    # 4: the backfill's next turn; 5: the new tenant's.
    assert closed_after[0] <= 5


def test_an_hour_that_ends_meanwhile_waits_for_one_transaction_of_a_backfill(db: Database) -> None:
    big, small = db.add_tenant("big", late_horizon=None), db.add_tenant("small")
    clock = FixedClock(NOON)
    closed_after: list[int] = []
    with (
        db.connect("hub_writer") as writer,
        db.connect("hub_maint") as maint,
        db.connect("hub_maint") as look,
    ):

        def after_turn(number: int) -> None:
            if number == 3:
                clock.advance(timedelta(hours=1))
            if closed(look, small):
                closed_after.append(number)

        add_backfill(writer, big, days=10)
        flush_delta(writer, small, NOON + timedelta(minutes=59), events=1)
        close_due(maint, clock, limits=SHORT, watch=Turns(after_turn))
    assert closed_after[0] <= 5


def test_a_transaction_whose_time_is_up_begins_nothing_more(db: Database) -> None:
    tenant = db.add_tenant("acme", late_horizon=None)
    turns = Turns()
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        add_backfill(writer, tenant, days=2)
        limits = CloserLimits(transaction_s_max=0, copy_rows_max=1)
        report = close_due(maint, NOON, limits=limits, watch=turns)
        assert (report.hours, report.days, report.complete) == (48, 2, True)
        assert {turn.hours for turn in turns.turns} <= {0, 1}
        assert max(turn.days for turn in turns.turns) == 1
        assert marks(maint) == (0, 0)
        assert coarse(maint, "usage_1d") == summed(maint, "day")


def test_a_round_says_how_many_hours_wait(db: Database) -> None:
    turns = Turns()
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        for slug in ("one", "two"):
            add_backfill(writer, db.add_tenant(slug, late_horizon=None), days=1)
        close_due(maint, NOON, limits=CloserLimits(hours_max=20), watch=turns)
    assert turns.waiting[:2] == [48, 8]


def test_a_tenant_whose_rows_are_broken_stops_nobody_else(db: Database) -> None:
    broken, sound = TenantId(db.add_tenant("broken")), db.add_tenant("sound")
    with db.connect("hub_writer") as writer, db.connect("hub_maint") as maint:
        flush_delta(writer, broken, minute("2026-03-01 10:07"), events=1, latency_sketch=b"no sketch")
        flush_delta(writer, sound, minute("2026-03-01 11:07"), events=1)
        report = close_due(maint, NOON)
        assert [tenant for tenant, _ in report.failed] == [broken]
        assert not report.complete
        assert {key[0] for key in coarse(maint, "usage_1h")} == {sound}
        assert marks(maint) == (1, 0)
        with pytest.raises(SketchError):
            close_due(maint, NOON, broken)
