"""`hub status` on a real database, and beside a process that answers."""

from pathlib import Path

import orjson
import pytest

from analytics_hub.cli.probes import probes
from tests.support.command import Run, run_on
from tests.support.database import Database
from tests.support.ingest import events


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    made = run_on(db, monkeypatch)
    monkeypatch.setenv("HUB_API_PORT", "1")  # nobody listens there
    monkeypatch.setenv("HUB_WORKER_PORT", "1")
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join([*events(range(30)), b"{broken"]))
    made.good("tenant", "create", "acme", "--late-days", "0")
    made.good("load", str(file), "--tenant", "acme")
    return made


def test_one_look_shows_what_was_loaded(run: Run) -> None:
    shown = run.good("status", "--once")
    assert "31 = 30 stored + 0 duplicate + 1 rejected" in shown
    assert "holds" in shown
    assert "1 today" in shown


def test_programs_get_json(run: Run) -> None:
    found = orjson.loads(run.good("status", "--json"))
    assert found["last_hour"] == {"received": 31, "stored": 30, "duplicate": 0, "rejected": 1}
    assert found["ledger_holds"] is True
    assert found["freshness_s"] < 600
    assert [(one["name"], one["samples"]) for one in found["processes"]] == [("api", None), ("worker", None)]


def test_a_process_that_answers_is_shown_with_its_figures(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with probes("127.0.0.1", 0, healthy=list, ready=list) as port:
        monkeypatch.setenv("HUB_WORKER_PORT", str(port))
        found = orjson.loads(run.good("status", "--json"))
    (worker,) = [one for one in found["processes"] if one["name"] == "worker"]
    assert "hub_ledger_broken_hours" in worker["samples"]


def test_a_broker_that_is_away_is_shown_and_does_not_hide_the_rest(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("HUB_STATUS_WAIT_S", "0.5")
    found = orjson.loads(run.good("status", "--json"))
    assert "127.0.0.1:1" in found["kafka_fault"]
    assert found["last_hour"]["stored"] == 30
