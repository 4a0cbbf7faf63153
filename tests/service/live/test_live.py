"""`GET /v1/live` of a running hub, over real connections: what is committed arrives, and whoever may not read stops."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.collecting import RunningCollector, Tenant, a_collector, array, code, fresh
from tests.support.command import hub as command
from tests.support.database import Database, copy_of
from tests.support.event_stream import a_stream

SCOPES = ("query", "ingest")
LIVE = "/v1/live?metrics=events"


@pytest.fixture(scope="module")
def hub_db(template: Database) -> Iterator[Database]:
    with copy_of(template) as database:
        yield database


@pytest.fixture(scope="module")
def hub(hub_db: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    """One for all tests here; each has a tenant of its own. It never looks by itself: what arrives was told."""
    quick = {"HUB_LIVE_LOOK_EVERY_S": "60", "HUB_LIVE_CHECK_EVERY_S": "0.2", "HUB_API_KEY_CACHE_S": "0.2"}
    with a_collector(hub_db, tmp_path_factory.mktemp("live"), **quick) as running:
        yield running


def open_streams(hub: RunningCollector) -> float:
    text = hub.request("GET", "/metrics").content.decode()
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("hub_live_streams ")))


def test_events_arrive_at_an_open_stream(hub: RunningCollector, hub_db: Database) -> None:
    tenant = Tenant(hub_db, "arrives", SCOPES)
    with a_stream(hub.address, tenant.key) as stream:
        stream.until_events(0)
        assert hub.send(array(fresh(range(3))), tenant.key).status == 200
        stream.until_events(3)
        assert hub.send(array(fresh(range(3, 5))), tenant.key).status == 200
        stream.until_events(5)


def test_events_of_another_process_arrive(hub: RunningCollector, hub_db: Database) -> None:
    tenant = Tenant(hub_db, "another", SCOPES)
    with a_stream(hub.address, tenant.key) as stream:
        stream.until_events(0)
        loaded = command(hub_db, "load", "-", "--tenant", "another", stdin=b"\n".join(fresh(range(4))))
        assert loaded.returncode == 0, loaded.stderr
        stream.until_events(4)


def test_events_of_another_tenant_do_not_arrive(hub: RunningCollector, hub_db: Database) -> None:
    mine, theirs = Tenant(hub_db, "mine", SCOPES), Tenant(hub_db, "theirs", SCOPES)
    with a_stream(hub.address, mine.key) as own, a_stream(hub.address, theirs.key) as others:
        own.until_events(0)
        others.until_events(0)
        hub.send(array(fresh(range(7))), theirs.key)
        assert others.until_events(7) <= {0, 7}
        hub.send(array(fresh(range(2))), mine.key)
        assert own.until_events(2) <= {0, 2}


def test_a_revoked_key_ends_its_open_stream(hub: RunningCollector, hub_db: Database) -> None:
    tenant = Tenant(hub_db, "revoked", SCOPES)
    with a_stream(hub.address, tenant.key) as stream:
        stream.until_events(0)
        tenant.revoke()
        assert stream.until_end()["reason"] == "key_revoked"
        with pytest.raises(EOFError):
            stream.next()
    assert code(hub.request("GET", LIVE, {"Authorization": f"Bearer {tenant.key}"})) == (401, "key_revoked")


def test_a_stream_is_asked_for_without_its_body(hub: RunningCollector, hub_db: Database) -> None:
    tenant = Tenant(hub_db, "head", SCOPES)
    answer = hub.request("HEAD", LIVE, {"Authorization": f"Bearer {tenant.key}"})
    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


def test_a_client_that_goes_away_gives_its_stream_back(hub: RunningCollector, hub_db: Database) -> None:
    tenant = Tenant(hub_db, "goes", SCOPES)
    with a_stream(hub.address, tenant.key) as stream:
        stream.until_events(0)
        assert open_streams(hub) >= 1
    while open_streams(hub):  # those of the tests before, too
        time.sleep(0.05)


def test_a_stop_ends_streams_and_says_so(hub_db: Database, tmp_path: Path) -> None:
    tenant = Tenant(hub_db, "stopping", SCOPES)
    with a_collector(hub_db, tmp_path) as hub, a_stream(hub.address, tenant.key) as stream:
        stream.until_events(0)
        hub.process.terminate()
        assert stream.until_end()["reason"] == "stopping"
        assert hub.process.wait(180) == 0
