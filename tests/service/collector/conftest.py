"""One collector of the embedded mode for the tests of a file, on a database of its own, with impatient bounds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.collecting import RunningCollector, Tenant, a_collector
from tests.support.database import Database, copy_of

BOUNDS = {
    "HUB_COLLECTOR_BODY_WAIT_S": "1",
    "HUB_COLLECTOR_BODY_BYTES_MAX": str(4 * 1024 * 1024),
    "HUB_COLLECTOR_DISCARD_WAIT_S": "1",
    "HUB_COLLECTOR_REJECTS_SHOWN_MAX": "10",
}


@dataclass(frozen=True)
class Served:
    """A database, its collector, and makers of tenants that no other test has."""

    db: Database
    collector: RunningCollector

    def tenant(self, name: str, *scopes: str) -> Tenant:
        """`name` is the test's own."""
        slug = re.sub("[^a-z0-9]+", "-", name.lower())[-60:].strip("-")
        return Tenant(self.db, slug, scopes or ("ingest",))


@pytest.fixture(scope="module")
def served(template: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with copy_of(template) as db, a_collector(db, tmp_path_factory.mktemp("collector"), **BOUNDS) as running:
        yield Served(db, running)
        assert running.stop() == 0
        assert "Traceback" not in running.said()


@pytest.fixture
def tenant(served: Served, request: pytest.FixtureRequest) -> Tenant:
    return served.tenant(request.node.name)
