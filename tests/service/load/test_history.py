"""Months of history: closed while the load goes on, stopped cleanly, taken up again, never counted twice."""

import signal
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from analytics_hub.storage.advisory import LockClass
from tests.support.command import Run, run_on
from tests.support.database import Database
from tests.support.history import counted, day_lines, history, running_load, wait_until
from tests.support.rollups import coarse, marks, summed

DAYS = 40
CLOSED_DAYS = "SELECT count(DISTINCT bucket) FROM hub.usage_1d"
STORED = "SELECT sum(stored) FROM hub.ingest_ledger"


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    db.add_tenant("acme")
    monkeypatch.setenv("HUB_INGEST_BATCH_EVENTS_MAX", "100")
    return run_on(db, monkeypatch)


def load(run: Run, path: Path) -> dict[str, Any]:
    return dict(orjson.loads(run.good("load", str(path), "--tenant", "acme", "--history", "--json")))


def assert_all_closed(db: Database) -> None:
    with db.connect("hub_maint") as conn:
        assert marks(conn) == (0, 0)
        assert coarse(conn, "usage_1h") == summed(conn, "hour")
        assert coarse(conn, "usage_1d") == summed(conn, "day")


def test_days_are_closed_while_the_load_goes_on(db: Database) -> None:
    db.add_tenant("acme")
    with running_load(db, "acme") as loading:
        loading.feed(history(3))
        wait_until(loading, lambda: counted(db, STORED) == 72, "events")
        loading.feed(b"\n".join(day_lines(3)) + b"\n")
        wait_until(loading, lambda: counted(db, CLOSED_DAYS) == 3, "closed days")
        assert loading.process.poll() is None
        status, out, _ = loading.finish()
    assert (status, orjson.loads(out)["history"]["closed_days"]) == (0, 4)
    assert_all_closed(db)


def test_the_report_tells_days_and_what_closing_took(run: Run, db: Database, tmp_path: Path) -> None:
    path = tmp_path / "months.ndjson"
    path.write_bytes(history(DAYS))
    report = load(run, path)["history"]
    assert (report["days"], report["first_day"], report["last_day"]) == (DAYS, "2025-03-01", "2025-04-09")
    assert (report["closed_hours"] >= DAYS * 24, report["complete"]) == (True, True)
    assert report["closing_s"] > 0
    assert_all_closed(db)


def test_people_read_the_same(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "months.ndjson"
    path.write_bytes(history(2))
    text = run.good("load", str(path), "--tenant", "acme", "--history")
    assert "2 days from 2025-03-01 to 2025-03-02; closed 48 hours and 2 days" in text


def test_events_in_no_order_are_closed_on_the_way_too(
    run: Run, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_HISTORY_MARKS_MAX", "2000")
    lines = history(DAYS).splitlines()
    Random(5).shuffle(lines)
    path = tmp_path / "shuffled.ndjson"
    path.write_bytes(b"\n".join(lines))
    body = load(run, path)
    assert (body["stored"], body["history"]["complete"]) == (DAYS * 24, True)
    assert_all_closed(db)


def test_loading_history_again_counts_duplicates_and_closes_nothing(
    run: Run, db: Database, tmp_path: Path
) -> None:
    path = tmp_path / "months.ndjson"
    path.write_bytes(history(DAYS))
    load(run, path)
    again = load(run, path)
    assert (again["stored"], again["duplicate"]) == (0, DAYS * 24)
    assert (again["history"]["closed_hours"], again["history"]["complete"]) == (0, True)
    assert_all_closed(db)


def test_a_load_that_was_stopped_is_taken_up_by_the_next(run: Run, db: Database, tmp_path: Path) -> None:
    path = tmp_path / "months.ndjson"
    path.write_bytes(history(DAYS))
    with running_load(db, "acme") as loading:
        loading.feed(history(5))
        wait_until(loading, lambda: counted(db, STORED) == 120, "events")
        loading.process.send_signal(signal.SIGINT)
        # The input stays open: a stop must not wait for it.
        status = loading.process.wait(60)
        _, out, err = loading.finish()
    assert (status, "Traceback" in err, orjson.loads(out)["stopped"]) == (130, False, True)
    rest = load(run, path)
    assert (rest["stored"], rest["duplicate"]) == ((DAYS - 5) * 24, 120)
    assert_all_closed(db)


def test_a_killed_load_is_taken_up_by_the_next(run: Run, db: Database, tmp_path: Path) -> None:
    path = tmp_path / "months.ndjson"
    path.write_bytes(history(DAYS))
    with running_load(db, "acme") as loading:
        loading.feed(history(5))
        wait_until(loading, lambda: counted(db, CLOSED_DAYS) > 0 or counted(db, STORED) == 120, "work")
        loading.process.kill()
        loading.process.communicate()
    assert load(run, path)["balanced"]
    assert counted(db, "SELECT count(*) FROM hub.usage_events") == DAYS * 24
    assert_all_closed(db)


def test_a_load_does_not_wait_for_another_closer(run: Run, db: Database, tmp_path: Path) -> None:
    path = tmp_path / "months.ndjson"
    path.write_bytes(history(2))
    tenant = counted(db, "SELECT tenant_id FROM hub.tenants")
    with db.connect("hub_maint") as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [LockClass.CLOSER, tenant])
        body = load(run, path)
    assert (body["stored"], body["history"]["closed_hours"], body["history"]["complete"]) == (48, 0, False)
    run.good("close", "--tenant", "acme")
    assert_all_closed(db)


def test_a_fault_of_the_closer_loses_no_event_and_is_told(
    run: Run, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "months.ndjson"
    path.write_bytes(history(2))
    with db.connect("hub_owner") as owner:
        owner.execute("REVOKE INSERT ON hub.usage_1h FROM hub_maint")
    done = run("load", str(path), "--tenant", "acme", "--history", "--json")
    assert (done.exit_code, orjson.loads(done.stdout)["stored"]) == (1, 48)
    assert "database_error" in done.stderr


def test_years_of_days_are_loaded_in_one_go(run: Run, db: Database, tmp_path: Path) -> None:
    path = tmp_path / "years.ndjson"
    path.write_bytes(history(400, events=1))
    report = load(run, path)["history"]
    assert (report["days"], report["closed_days"], report["complete"]) == (400, 400, True)


def test_a_load_of_recent_events_says_nothing_of_history(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "empty.ndjson"
    path.write_bytes(b"")
    body = orjson.loads(run.good("load", str(path), "--tenant", "acme", "--json"))
    assert body["history"] is None
