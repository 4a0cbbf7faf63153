"""Dead letters are bounded by tenant and day: first the payloads go, then the letters; the ledger counts all."""

import threading
from typing import Any

import pytest

from analytics_hub.domain.ledger import LedgerCount
from ingest.failpoint import Failpoints, Planted
from tests.support.database import Database
from tests.support.ingest import SETTINGS, PostgresStored, event, prepared

BROKEN = b'{"id": 12345678901234567890'  # as many bytes as its length says, and no event


def bounded(**bounds: int) -> Any:
    return SETTINGS.flush.model_copy(update=bounds)


def kept(db: Database) -> list[tuple[int, bool]]:
    """(payload bytes, truncated) in the order of the letters."""
    with db.connect("hub_maint") as conn:
        return conn.execute(
            "SELECT length(payload), payload_truncated FROM hub.dead_letters ORDER BY dead_letter_id"
        ).fetchall()


def volume(db: Database) -> list[tuple[int, int, int]]:
    with db.connect("hub_maint") as conn:
        return conn.execute(
            "SELECT letters, payload_bytes, counted_only FROM hub.dead_letter_volume ORDER BY tenant_id, day"
        ).fetchall()


def test_within_the_bounds_everything_is_kept_in_order(db: Database, postgres: PostgresStored) -> None:
    postgres.sink.flush(prepared([BROKEN, event(1), BROKEN + b","], postgres.tenant_id))
    assert kept(db) == [(len(BROKEN), False), (len(BROKEN) + 1, False)]
    assert volume(db) == [(2, 2 * len(BROKEN) + 1, 0)]
    assert [position for _, position in postgres.dead_letters()] == [1, 3]


def test_past_the_bytes_of_a_day_letters_lose_their_payload(db: Database, postgres: PostgresStored) -> None:
    sink = postgres.another(flush=bounded(dead_letter_bytes_per_day_max=2 * len(BROKEN)))
    for _ in range(2):
        sink.flush(prepared([BROKEN] * 3, postgres.tenant_id))
    whole, empty = (len(BROKEN), False), (0, True)
    assert kept(db) == [whole, whole, empty, empty, empty, empty]
    assert volume(db) == [(6, 2 * len(BROKEN), 0)]


def test_past_the_letters_of_a_day_rejects_are_counted_only(db: Database, postgres: PostgresStored) -> None:
    sink = postgres.another(flush=bounded(dead_letters_per_day_max=4))
    for _ in range(3):
        sink.flush(prepared([BROKEN] * 3, postgres.tenant_id))
    assert len(kept(db)) == 4
    assert volume(db) == [(4, 4 * len(BROKEN), 5)]
    assert postgres.ledger() == LedgerCount(received=9, rejected=9)


def test_a_bound_of_zero_keeps_nothing_and_counts_all(db: Database, postgres: PostgresStored) -> None:
    sink = postgres.another(flush=bounded(dead_letters_per_day_max=0))
    sink.flush(prepared([BROKEN, event(1)], postgres.tenant_id))
    assert (kept(db), volume(db)) == ([], [(0, 0, 1)])
    assert postgres.ledger() == LedgerCount(received=2, stored=1, rejected=1)


def test_one_tenants_flood_costs_another_nothing(db: Database, postgres: PostgresStored) -> None:
    other = db.add_tenant("other")
    sink = postgres.another(flush=bounded(dead_letters_per_day_max=2))
    sink.flush(prepared([BROKEN] * 5, postgres.tenant_id))
    sink.flush(prepared([BROKEN], other))
    assert volume(db) == [(2, 2 * len(BROKEN), 3), (1, len(BROKEN), 0)]


def test_a_flush_that_is_rolled_back_leaves_the_volume_as_it_was(
    db: Database, postgres: PostgresStored
) -> None:
    sink = postgres.another(Failpoints.parse("flush.after_dead_letters=error@1"))
    for _ in range(2):
        with pytest.raises(Planted):
            sink.flush(prepared([BROKEN], postgres.tenant_id))
    assert (kept(db), volume(db)) == ([], [])


def test_two_writers_together_keep_the_bound_exactly(db: Database, postgres: PostgresStored) -> None:
    other = db.add_tenant("other")
    flush = bounded(dead_letters_per_day_max=30)

    def write(tenants: list[int]) -> None:
        sink = postgres.another(flush=flush)
        for _ in range(15):
            for tenant in tenants:
                sink.flush(prepared([BROKEN] * 2, tenant))

    writers = [
        threading.Thread(target=write, args=(tenants,))
        for tenants in ([postgres.tenant_id, other], [other, postgres.tenant_id])
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert volume(db) == [(30, 30 * len(BROKEN), 30)] * 2
    assert len(kept(db)) == 60


def test_a_frozen_writer_costs_the_bound_and_not_the_flush(db: Database, postgres: PostgresStored) -> None:
    postgres.sink.flush(prepared([BROKEN], postgres.tenant_id))
    sink = postgres.another(flush=bounded(dead_letters_per_day_max=1))
    with db.connect("hub_writer", autocommit=False) as frozen:
        frozen.execute("UPDATE hub.dead_letter_volume SET letters = letters")
        sink.flush(prepared([BROKEN, event(1)], postgres.tenant_id))
        frozen.rollback()
    assert len(kept(db)) == 2
    sink.flush(prepared([BROKEN], postgres.tenant_id))
    assert (len(kept(db)), volume(db)) == (2, [(1, len(BROKEN), 1)])
    assert postgres.ledger() == LedgerCount(received=4, stored=1, rejected=3)
