"""What a real flush, the closer and another tenant do to a tag that a client holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.collecting import RunningCollector, Tenant, a_collector, array, fresh
from tests.support.command import hub
from tests.support.database import Database
from tests.support.http import Answer


def ask(collector: RunningCollector, key: str, days: str, tag: str = "") -> Answer:
    headers = {"Authorization": f"Bearer {key}"} | ({"If-None-Match": tag} if tag else {})
    return collector.request("GET", f"/v1/usage?{days}&group_by=model", headers)


def test_a_tag_stands_until_the_tenants_own_next_flush_and_no_longer(db: Database, tmp_path: Path) -> None:
    tenant = Tenant(db, scopes=("query", "ingest"))
    other = Tenant(db, "other")
    now = datetime.now(UTC)
    long_ago = (now - timedelta(hours=30)).isoformat()
    days = f"from={now - timedelta(days=3):%Y-%m-%d}&to={now + timedelta(days=2):%Y-%m-%d}"
    with a_collector(db, tmp_path) as collector:
        collector.send(array(fresh(range(3), time=long_ago)), tenant.key)
        first = ask(collector, tenant.key, days)
        assert (first.status, first.body["total"]["events"]) == (200, 3)
        tag = first.headers["etag"]

        # Neither the closing of those hours nor somebody else's events change this tenant's answer.
        assert hub(db, "close").returncode == 0
        collector.send(array(fresh(range(3))), other.key)
        unchanged = ask(collector, tenant.key, days, tag)
        assert (unchanged.status, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)

        collector.send(array(fresh([7], time=long_ago)), tenant.key)
        changed = ask(collector, tenant.key, days, tag)
        assert (changed.status, changed.body["total"]["events"]) == (200, 4)
        assert changed.headers["etag"] != tag
