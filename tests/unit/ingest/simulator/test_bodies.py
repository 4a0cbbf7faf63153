"""Bodies of the simulator: what the decoder makes of them is what the client's ledger expects."""

from collections import Counter

from analytics_hub.domain.clock import unix_us
from ingest.simulator.bodies import BROKEN_CODES, Bodies, Body, Shape
from ingest.simulator.client_ledger import STORED
from rust_core import Message, TenantRules
from tests.support.ingest import NOW, decoder

NOW_US = unix_us(NOW)
WEEK_US = 7 * 86_400_000_000


def _bodies(shape: Shape, count: int, run: str = "run") -> list[Body]:
    bodies = Bodies(shape, run)
    return [bodies.next_body(NOW_US) for _ in range(count)]


def test_a_seed_repeats_every_byte_and_another_seed_does_not() -> None:
    shape = Shape(("a", "b", "c"), 20, resend_share=0.1, broken_share=0.1, seed=5)
    assert _bodies(shape, 10) == _bodies(shape, 10)
    assert _bodies(shape, 10) != _bodies(Shape(shape.tenants, 20, 0.1, 0.1, seed=6), 10)


def test_every_event_becomes_what_the_ledger_says() -> None:
    (body,) = _bodies(Shape(("a",), 2000, broken_share=0.05), 1)
    rules = TenantRules(1, "a", WEEK_US, ())
    batch = decoder().decode([Message(rules, NOW_US, body.payload, format="ndjson")])

    expected = Counter(event.outcome for event in body.events)
    assert set(expected) == {STORED, *BROKEN_CODES}
    assert (
        Counter(reject.code for reject in batch.rejects()) + Counter({STORED: len(batch.batch)}) == expected
    )
    totals = batch.batch.totals()
    for column in ("input_tokens", "cache_read_tokens", "output_tokens", "output_reasoning_tokens"):
        good = sum(getattr(event, column) for event in body.events if event.outcome == STORED)
        assert totals[column] == good


def test_a_resend_is_the_same_event_with_the_same_time() -> None:
    bodies = _bodies(Shape(("a",), 500, resend_share=0.2), 4)
    events = [event for body in bodies for event in body.events]
    by_id = {event.event_id: event for event in events}
    assert 0.1 < 1 - len(by_id) / len(events) < 0.3
    assert all(by_id[event.event_id] == event for event in events)


def test_the_first_tenants_send_most_and_bursts_move_the_rest() -> None:
    tenants = tuple(f"t{number}" for number in range(50))
    steady = Counter(body.tenant for body in _bodies(Shape(tenants, 1, steady=True), 5000))
    assert sum(count for _, count in steady.most_common(10)) > 2500
    assert steady["t0"] > 5 * steady["t9"]

    bursty = Bodies(Shape(tenants, 1), "run")
    leaders = set()
    for _ in range(20):
        bursty.next_window()
        leaders.add(Counter(bursty.next_body(NOW_US).tenant for _ in range(300)).most_common(1)[0][0])
    assert len(leaders) > 1
