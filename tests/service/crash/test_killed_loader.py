"""A loader that is killed as `kill -9` does, at every step of its flush: loading again gives exact totals."""

import signal
from pathlib import Path

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.ledger import LedgerCount
from ingest.failpoint import LOAD_STEPS
from ingest.file_source import FileSource
from ingest.pipeline import Pipeline
from rust_core import TenantRules
from tests.support.command import hub
from tests.support.database import Database
from tests.support.ingest import NOW, SETTINGS, PostgresStored, decoder, event, events

EVENTS = 300
BATCH = 100


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"\n".join([*events(range(EVENTS)), event(0), b"{broken"]) + b"\n")
    return path


def _killed_load(db: Database, file: Path, failpoints: str, seed: int = 0) -> int:
    """The command in a process of its own; its exit status."""
    return hub(
        db,
        "load",
        str(file),
        "--tenant=acme",
        "--history",
        HUB_FAILPOINTS=failpoints,
        HUB_FAILPOINT_SEED=str(seed),
        HUB_INGEST_BATCH_EVENTS_MAX=str(BATCH),
    ).returncode


def _load(stored: PostgresStored, file: Path) -> LedgerCount:
    """The rest, in this process: starting another one would only cost time."""
    source = FileSource(str(file), SETTINGS.ingest, SETTINGS.decode)
    pipeline = Pipeline(decoder(), stored.sink, SETTINGS.ingest, FixedClock(NOW))
    return pipeline.run(source, TenantRules(stored.tenant_id, "acme", None, ())).count


@pytest.mark.parametrize("step", LOAD_STEPS)
def test_a_load_after_a_kill_gives_exact_totals(db: Database, file: Path, step: str) -> None:
    stored = PostgresStored(db)
    # The second flush dies, so that some of the file is durable and some is not.
    assert _killed_load(db, file, f"{step}=crash+1") == -signal.SIGKILL
    assert 0 < stored.raw_totals()["events"] < EVENTS or step == "pipeline.after_decode"
    assert stored.totals()["events"] == stored.raw_totals()["events"]
    assert stored.ledger().balanced

    count = _load(stored, file)
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
    for seed in range(4):
        _killed_load(db, file, "flush.after_commit=crash@0.5,flush.inside_copy=crash@0.3", seed)
    _load(stored, file)
    assert stored.totals()["events"] == stored.raw_totals()["events"] == EVENTS
    assert stored.ledger().balanced
    stored.close()
