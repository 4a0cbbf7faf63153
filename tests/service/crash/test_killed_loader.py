"""A loader that is killed as `kill -9` does, at every step of its flush: loading again gives exact totals."""

import signal
from pathlib import Path

import orjson
import pytest

from analytics_hub.domain.ledger import LedgerCount
from ingest.failpoint import NAMES
from tests.support.command import hub
from tests.support.database import Database
from tests.support.ingest import PostgresStored, event, events

EVENTS = 300
BATCH = 100


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"\n".join([*events(range(EVENTS)), event(0), b"{broken"]) + b"\n")
    return path


def _load(db: Database, file: Path, failpoints: str = "") -> tuple[int, LedgerCount | None]:
    done = hub(
        db,
        "load",
        str(file),
        "--tenant=acme",
        "--history",
        "--json",
        HUB_FAILPOINTS=failpoints,
        HUB_INGEST_BATCH_EVENTS_MAX=str(BATCH),
    )
    if done.returncode:
        return done.returncode, None
    body = orjson.loads(done.stdout)
    return 0, LedgerCount(body["received"], body["stored"], body["duplicate"], body["rejected"])


@pytest.mark.parametrize("step", NAMES)
def test_a_load_after_a_kill_gives_exact_totals(db: Database, file: Path, step: str) -> None:
    stored = PostgresStored(db)
    # The second flush dies, so that some of the file is durable and some is not.
    status, _ = _load(db, file, f"{step}=crash+1")
    assert status == -signal.SIGKILL
    assert 0 < stored.raw_totals()["events"] < EVENTS or step == "pipeline.after_decode"
    assert stored.totals()["events"] == stored.raw_totals()["events"]
    assert stored.ledger().balanced

    status, count = _load(db, file)
    assert status == 0
    assert count is not None
    assert (count.received, count.rejected) == (EVENTS + 2, 1)
    expected = sum(100 + number for number in range(EVENTS))
    assert stored.raw_totals() == {
        "events": EVENTS,
        "input_tokens": expected,
        "output_tokens": expected - 90 * EVENTS,
    }
    assert stored.totals()["input_tokens"] == expected
    assert stored.ledger().balanced
    stored.close()


def test_a_loader_killed_again_and_again_gets_there(db: Database, file: Path) -> None:
    stored = PostgresStored(db)
    for seed in range(6):
        hub(
            db, "load", str(file), "--tenant=acme", "--history",
            HUB_FAILPOINTS="flush.after_commit=crash@0.5,flush.inside_copy=crash@0.3",
            HUB_FAILPOINT_SEED=str(seed),
            HUB_INGEST_BATCH_EVENTS_MAX=str(BATCH),
        )  # fmt: skip
    status, _ = _load(db, file)
    assert status == 0
    assert stored.totals()["events"] == stored.raw_totals()["events"] == EVENTS
    assert stored.ledger().balanced
    stored.close()
