"""History older than the retention: taken once, told what becomes of it, and never counted twice. On both engines."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.command import Run, run_on
from tests.support.database import Database
from tests.support.history import counted, history

DAYS = 10
EVENTS = DAYS * 24
IN_SUMS = "SELECT sum(events) FROM hub.usage_1d d JOIN hub.tenants t USING (tenant_id) WHERE t.slug = %s"


@pytest.fixture
def db(each_db: Database) -> Database:
    return each_db


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    db.add_tenant("acme")
    return run_on(db, monkeypatch)


def load(run: Run, path: Path, days: int, tenant: str = "acme") -> dict[str, Any]:
    path.write_bytes(history(days, tenant=tenant))
    return dict(orjson.loads(run.good("load", str(path), "--tenant", tenant, "--history", "--json")))


def test_events_of_a_day_that_retention_took_are_refused(run: Run, db: Database, tmp_path: Path) -> None:
    assert load(run, tmp_path / "months.ndjson", DAYS)["stored"] == EVENTS
    run.good("retention", "run")
    assert counted(db, "SELECT count(*) FROM hub.usage_events") == 0
    again = load(run, tmp_path / "months.ndjson", DAYS)
    assert (again["stored"], again["reject_codes"]) == (0, {"too_old": EVENTS})
    assert counted(db, IN_SUMS, "acme") == EVENTS


def test_a_load_goes_on_after_the_days_that_retention_took(run: Run, db: Database, tmp_path: Path) -> None:
    load(run, tmp_path / "some.ndjson", 4)
    run.good("retention", "run")
    rest = load(run, tmp_path / "months.ndjson", DAYS)
    assert (rest["stored"], rest["rejected"]) == (EVENTS - 4 * 24, 4 * 24)
    assert counted(db, IN_SUMS, "acme") == EVENTS


def test_what_retention_took_of_one_tenant_is_still_taken_from_another(
    run: Run, db: Database, tmp_path: Path
) -> None:
    db.add_tenant("other")
    load(run, tmp_path / "other.ndjson", DAYS, "other")
    run.good("retention", "run")
    assert load(run, tmp_path / "months.ndjson", DAYS)["stored"] == EVENTS
    assert load(run, tmp_path / "months.ndjson", DAYS)["stored"] == 0
    assert (counted(db, IN_SUMS, "acme"), counted(db, IN_SUMS, "other")) == (EVENTS, EVENTS)


def test_people_are_told_what_the_next_retention_takes(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "months.ndjson"
    path.write_bytes(history(2))
    done = run("load", str(path), "--tenant", "acme", "--history")
    assert "HUB_RETENTION_EVENTS_DAYS" in done.stderr
