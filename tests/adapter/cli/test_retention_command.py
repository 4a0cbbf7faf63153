"""`hub retention run` and what `hub check` says of the engine, as an operator reads them."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.storage.closer import close_due
from tests.support.command import Run, environment
from tests.support.database import Database
from tests.support.deltas import flush_delta
from tests.support.stored_events import add_event

NOW = datetime.now(UTC)


@pytest.fixture
def hub(each_db: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in environment(each_db, HUB_RETENTION_EVENTS_DAYS="30").items():
        monkeypatch.setenv(name, value)
    return Run()


@pytest.fixture
def tenant(each_db: Database) -> int:
    """Events of 50 days ago and of yesterday, closed."""
    found = each_db.add_tenant("acme")
    with each_db.connect("hub_writer") as writer, each_db.connect("hub_maint") as maint:
        for days in (50, 1):
            at = (NOW - timedelta(days=days)).replace(hour=10, minute=7, second=0, microsecond=0)
            flush_delta(writer, found, at, events=1)
            add_event(writer, found, at)
        close_due(maint, NOW)
    return found


def test_a_dry_run_says_what_a_run_then_drops(each_db: Database, hub: Run, tenant: int) -> None:
    told = hub.good("retention", "run", "--dry-run")
    assert told.count("would drop 1 days or chunks") == 2
    done = hub.good("retention", "run")
    assert "dropped 1 days or chunks" in done
    assert ", 1 events" in done
    with each_db.connect("hub_maint") as maint:
        query = "SELECT (SELECT count(*) FROM hub.usage_events), (SELECT count(*) FROM hub.usage_1m)"
        assert maint.execute(query).fetchone() == (1, 1)


def test_the_check_names_the_engine_and_the_horizons(each_db: Database, hub: Run, tenant: int) -> None:
    hub.good("retention", "run")
    told = hub("check").stdout
    with each_db.connect("hub_maint") as maint:
        row = maint.execute("SELECT hub.engine()").fetchone()
    assert ("plain PostgreSQL" if row == ("plain",) else "8 of 8 tables with columnstore") in told
    assert f"events from {NOW - timedelta(days=49):%Y-%m-%d}" in told
