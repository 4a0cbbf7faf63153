"""`hub simulate` against a real collector and a real topic: its report is true, its ledger holds in the database."""

from pathlib import Path

import orjson
import pytest

from analytics_hub.pricing.compile import load_price_book
from ingest.broker.process import Broker
from ingest.simulator.bodies import BROKEN_CODES
from ingest.simulator.client_ledger import STORED, read_ledger
from tests.support.broker import a_topic
from tests.support.chaos.oracle import judge
from tests.support.collecting import a_collector
from tests.support.command import hub
from tests.support.database import Database
from tests.support.stream import Topic, a_worker, wait_for

LOAD = ("--rate=2000", "--duration=1", "--batch=20", "--resend=0.05", "--broken=0.02", "--json")


def test_what_the_collector_acknowledged_is_in_the_database(db: Database, tmp_path: Path) -> None:
    keys, ledger = tmp_path / "keys.ndjson", tmp_path / "ledger.ndjson"
    with a_collector(db, tmp_path) as collector:
        files = (f"--keys-file={keys}", f"--ledger-file={ledger}", "--make-tenants", "--tenants=4")
        done = hub(db, "simulate", *files, f"--to=http://{collector.address}", *LOAD)
    assert done.returncode == 0, done.stderr
    report = orjson.loads(done.stdout)
    assert report["acked"] == report["sent"] > 500
    assert report["answer_p99_ms"] > 0
    sent = [event for entry in read_ledger(ledger) for event in entry.events]
    assert report["rejected"] == sum(event.outcome != STORED for event in sent) > 0
    assert {event.outcome for event in sent} == {STORED, *BROKEN_CODES}
    found = judge(db.admin_dsn, ledger, load_price_book())
    assert found.clean, found
    assert found.rows == found.acked < report["acked"]


def _consumed(db: Database) -> int:
    """Messages that the database has, over all topics: the other one is empty."""
    with db.connect("hub_maint") as conn:
        row = conn.execute("SELECT coalesce(sum(next_offset), 0) FROM hub.ingest_offsets").fetchone()
    assert row is not None
    return int(row[0])


def test_a_direct_topic_brings_everything_to_its_tenant(
    db: Database, broker: Broker, topic: str, tmp_path: Path
) -> None:
    keys, ledger = tmp_path / "keys.ndjson", tmp_path / "ledger.ndjson"
    with a_topic(broker, 2) as direct:
        files = (f"--keys-file={keys}", f"--ledger-file={ledger}", "--make-tenants", "--tenants=1")
        done = hub(db, "simulate", *files, f"--to=kafka://{broker.bootstrap_servers}/{direct}", *LOAD)
        assert done.returncode == 0, done.stderr
        bound = {"HUB_KAFKA_DIRECT_TOPICS": f"{direct}=sim-1"}
        with a_worker(db, Topic(broker.bootstrap_servers, topic, 1), tmp_path, **bound) as worker:
            written = sum(Topic(broker.bootstrap_servers, direct, 2).ends().values())
            wait_for(lambda: _consumed(db) == written, worker, f"{written} messages")
            assert worker.stop() == 0
    found = judge(db.admin_dsn, ledger, load_price_book())
    assert found.clean, found
    assert found.acked > 100


@pytest.mark.parametrize(
    ("keys", "arguments", "code"),
    [
        ('{"tenant":"a","api_key":"k"}\n', ["--tenants=2"], "too_few_keys"),
        ("nonsense\n", ["--tenants=1"], "bad_keys_file"),
        ('{"tenant":"a","api_key":"k"}\n', ["--tenants=1", "--to=ftp://host"], "bad_target"),
    ],
)
def test_a_wrong_command_line_is_told_before_anything_is_sent(
    tmp_path: Path, keys: str, arguments: list[str], code: str
) -> None:
    path = tmp_path / "keys"
    path.write_text(keys)
    done = hub(None, "simulate", f"--keys-file={path}", "--duration=1", *arguments)
    assert (done.returncode, code in done.stderr) == (1, True), done.stderr


def test_a_collector_that_refuses_makes_the_command_fail(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text('{"tenant":"a","api_key":"nobody"}\n')
    with a_collector(db, tmp_path) as collector:
        to = f"--to=http://{collector.address}"
        done = hub(None, "simulate", f"--keys-file={path}", to, "--tenants=1", *LOAD)
    report = orjson.loads(done.stdout)
    assert done.returncode == 1
    assert (report["acked"], report["refused"]) == (0, report["sent"])
