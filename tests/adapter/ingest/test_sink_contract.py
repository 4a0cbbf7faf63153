"""What every sink promises, run on PostgreSQL and on its twin in memory."""

import random

import pytest

from analytics_hub.domain.ledger import LedgerCount
from ingest.ports import Fenced
from tests.support.ingest import Stored, event, events, prepared


def _flush(stored: Stored, lines: list[bytes]) -> LedgerCount:
    return stored.sink.flush(prepared(lines, stored.tenant_id)).count


def test_new_events_are_stored_and_summed(stored: Stored) -> None:
    assert _flush(stored, events(range(10))) == LedgerCount(received=10, stored=10)
    totals = stored.totals()
    assert (totals["events"], totals["input_tokens"]) == (10, sum(100 + number for number in range(10)))


def test_a_resend_changes_no_total(stored: Stored) -> None:
    _flush(stored, events(range(10)))
    before = stored.totals()
    assert _flush(stored, events(range(10))) == LedgerCount(received=10, duplicate=10)
    assert stored.totals() == before


def test_half_of_it_again_in_another_order_changes_no_total(stored: Stored) -> None:
    _flush(stored, events(range(100)))
    before = stored.totals()
    half = random.Random(1).sample(events(range(100)), 50)
    assert _flush(stored, half) == LedgerCount(received=50, duplicate=50)
    assert stored.totals() == before


def test_new_events_among_known_ones_are_stored(stored: Stored) -> None:
    _flush(stored, events(range(10)))
    assert _flush(stored, events(range(5, 15))) == LedgerCount(received=10, stored=5, duplicate=5)
    assert stored.totals()["events"] == 15


def test_an_event_twice_in_one_batch_counts_once(stored: Stored) -> None:
    assert _flush(stored, [event(1), event(1), event(2)]) == LedgerCount(received=3, stored=2, duplicate=1)


def test_a_broken_event_costs_only_itself(stored: Stored) -> None:
    assert _flush(stored, [event(1), b"{nonsense", event(2)]) == LedgerCount(received=3, stored=2, rejected=1)
    assert stored.dead_letters() == [("invalid_json", 2)]


def test_a_batch_of_rejects_alone_is_accounted(stored: Stored) -> None:
    assert _flush(stored, [b"{nonsense"]) == LedgerCount(received=1, rejected=1)
    assert stored.ledger() == LedgerCount(received=1, rejected=1)


def test_the_ledger_adds_up_over_flushes(stored: Stored) -> None:
    _flush(stored, [*events(range(10)), b"x"])
    _flush(stored, events(range(5)))
    assert stored.ledger() == LedgerCount(received=16, stored=10, duplicate=5, rejected=1)
    assert stored.ledger().balanced


def test_events_that_the_store_refuses_cost_only_themselves(stored: Stored) -> None:
    stored.refuse_user("mallory")
    lines = events(range(20))
    lines[7] = event(7, user="mallory")
    lines[13] = event(13, user="mallory")
    assert _flush(stored, lines) == LedgerCount(received=20, stored=18, rejected=2)
    assert stored.dead_letters() == [("refused_by_database", 8), ("refused_by_database", 14)]
    assert stored.totals()["events"] == 18


def test_a_claim_moves_the_offset_with_the_events(stored: Stored) -> None:
    fence = stored.sink.claim("partition", 0)
    flushed = stored.sink.flush(prepared(events(range(3)), stored.tenant_id), fence, 3)
    assert flushed.fence is not None
    assert stored.another().claim("partition", 0).next_offset == 3


def test_a_flush_behind_a_newer_claim_is_refused(stored: Stored) -> None:
    zombie = stored.sink.claim("partition", 0)
    stored.another().claim("partition", 0)
    with pytest.raises(Fenced):
        stored.sink.flush(prepared(events(range(3)), stored.tenant_id), zombie, 3)
    assert stored.totals()["events"] == 0


def test_a_flush_that_had_committed_is_not_repeated(stored: Stored) -> None:
    fence = stored.sink.claim("partition", 0)
    stored.sink.flush(prepared(events(range(3)), stored.tenant_id), fence, 3)
    again = stored.sink.flush(prepared(events(range(3)), stored.tenant_id), fence, 3)
    assert again.already_committed
    assert stored.ledger() == LedgerCount(received=3, stored=3)


def test_partitions_do_not_fence_each_other(stored: Stored) -> None:
    first, second = stored.sink.claim("one", 0), stored.sink.claim("two", 0)
    stored.sink.flush(prepared(events(range(3)), stored.tenant_id), first, 3)
    stored.sink.flush(prepared(events(range(3, 6)), stored.tenant_id), second, 3)
    assert stored.totals()["events"] == 6
