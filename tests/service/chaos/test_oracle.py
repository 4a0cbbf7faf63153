"""The oracle itself: silent about a database that is right, and loud about each way to be wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from analytics_hub.domain.clock import SystemClock, unix_us
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.storage.connections import connect
from ingest.flush import PostgresSink
from ingest.simulator.bodies import Bodies, Body, Shape
from ingest.simulator.client_ledger import ClientLedger, Entry
from rust_core import Message, TenantRules
from tests.support.chaos.oracle import Findings, judge
from tests.support.database import Database
from tests.support.ingest import SETTINGS, decoder

TENANTS = ("sim-1", "sim-2", "sim-3")
WEEK_US = 7 * 86_400_000_000


@dataclass
class Loaded:
    """A database that holds exactly what the client's ledger says."""

    db: Database
    ledger: Path

    def judged(self) -> Findings:
        return judge(self.db.admin_dsn, self.ledger, load_price_book())

    def sql(self, statement: str) -> None:
        with self.db.connect("hub_owner") as conn:
            conn.execute(statement.encode())


@pytest.fixture
def loaded(db: Database, tmp_path: Path) -> Loaded:
    now_us = unix_us(SystemClock().now())
    rules = {slug: TenantRules(db.add_tenant(slug), slug, WEEK_US, ()) for slug in TENANTS}
    sink = PostgresSink(lambda: connect(db.writer_dsn, "test"), SETTINGS.flush, SystemClock())
    bodies = Bodies(Shape(TENANTS, 50, resend_share=0.1, broken_share=0.05), "run")
    with ClientLedger(tmp_path / "ledger") as ledger:
        for _ in range(20):
            body = bodies.next_body(now_us)
            sink.flush(_prepared(rules, body, now_us))
            ledger.write(Entry(body.tenant, True, now_us, 1, body.events))
    sink.close()
    return Loaded(db, tmp_path / "ledger")


def _prepared(rules: dict[str, TenantRules], body: Body, now_us: int):  # type: ignore[no-untyped-def]
    return decoder().decode([Message(rules[body.tenant], now_us, body.payload, format="ndjson", origin="t")])


def test_what_was_stored_once_as_sent_is_clean(loaded: Loaded) -> None:
    found = loaded.judged()
    assert found.clean, found
    assert found.rows == found.acked > 700


FAULTS: dict[str, tuple[str, Callable[[Findings], int]]] = {
    "a row is missing": (
        "DELETE FROM hub.usage_events WHERE (tableoid, ctid) = "
        "(SELECT tableoid, ctid FROM hub.usage_events ORDER BY event_id LIMIT 1)",
        lambda found: found.lost,
    ),
    "a row stands twice": (
        "INSERT INTO hub.usage_events SELECT (jsonb_populate_record(e, jsonb_build_object("
        "'ts', e.ts + interval '1 ms'))).* FROM hub.usage_events e LIMIT 1",
        lambda found: found.duplicate,
    ),
    "a delta is missing": (
        "DELETE FROM hub.usage_1m WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM hub.usage_1m LIMIT 1)",
        lambda found: found.lost,
    ),
    "a delta stands twice": (
        "INSERT INTO hub.usage_1m SELECT * FROM hub.usage_1m LIMIT 1",
        lambda found: found.duplicate,
    ),
    "tokens differ": (
        "UPDATE hub.usage_events SET output_tokens = output_tokens + 1 WHERE (tableoid, ctid) = "
        "(SELECT tableoid, ctid FROM hub.usage_events LIMIT 1)",
        lambda found: found.wrong,
    ),
    "the cost differs": (
        "UPDATE hub.usage_events SET cost_input_pico_usd = cost_input_pico_usd + 1 WHERE (tableoid, ctid) = "
        "(SELECT tableoid, ctid FROM hub.usage_events LIMIT 1)",
        lambda found: found.wrong,
    ),
    "a sum of the rollup differs": (
        "UPDATE hub.usage_1m SET cost_output_pico_usd = cost_output_pico_usd + 1 WHERE (tableoid, ctid) = "
        "(SELECT tableoid, ctid FROM hub.usage_1m LIMIT 1)",
        lambda found: found.wrong,
    ),
    "a dead letter is missing": (
        "DELETE FROM hub.dead_letters WHERE dead_letter_id = (SELECT min(dead_letter_id) FROM hub.dead_letters)",
        lambda found: found.lost,
    ),
    "the ledger's equation fails": (
        "UPDATE hub.ingest_ledger SET duplicate = duplicate + 1 WHERE ctid = "
        "(SELECT ctid FROM hub.ingest_ledger LIMIT 1)",
        lambda found: found.ledger_faults,
    ),
    "the ledger tells of more rows than there are": (
        "UPDATE hub.ingest_ledger SET stored = stored + 1, received = received + 1 WHERE ctid = "
        "(SELECT ctid FROM hub.ingest_ledger LIMIT 1)",
        lambda found: found.ledger_faults,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(loaded: Loaded, fault: str) -> None:
    statement, count = FAULTS[fault]
    loaded.sql(statement)
    found = loaded.judged()
    assert count(found) > 0, found
    assert not found.clean
