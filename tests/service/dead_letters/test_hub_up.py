"""Refused over HTTP, mended, replayed over HTTP: the whole way through `hub up` as a process."""

import time
from pathlib import Path
from typing import Any

import orjson

from tests.support.collecting import RunningCollector, Tenant, a_collector
from tests.support.database import Database
from tests.support.ingest import event

OLD = event(1, time="2024-02-29T00:00:00Z")
BROKEN = b'{"id": "x", '
WAIT_S = 180.0


class Hub:
    def __init__(self, running: RunningCollector, tenant: Tenant) -> None:
        self._running = running
        self._tenant = tenant

    def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self._tenant.key}"}
        return orjson.loads(self._running.request("GET", path, headers).content)

    def replay(self, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._tenant.key}", "Content-Type": "application/json"}
        answer = self._running.request("POST", "/v1/dead-letters/replay", headers, orjson.dumps(body))
        return orjson.loads(answer.content)


def test_what_was_refused_is_replayed_after_a_fix_and_counts_once(db: Database, tmp_path: Path) -> None:
    tenant = Tenant(db, "acme", ("ingest", "query"))
    with a_collector(db, tmp_path, HUB_LEDGER_CHECK_EVERY_S="0.2") as running:
        hub = Hub(running, tenant)
        body = b"\n".join([OLD, BROKEN, event(2, time="2024-02-29T00:00:00Z")])
        assert running.send(body, tenant.key, "application/x-ndjson").status == 200
        letters = hub.get("/v1/dead-letters?from=-1h")["dead_letters"]
        assert sorted(one["code"] for one in letters) == ["invalid_json", "too_old", "too_old"]
        assert all(one["origin"].startswith("http:") for one in letters)
        with db.connect("hub_maint") as conn:
            conn.execute("UPDATE hub.tenants SET late_horizon = NULL")
        asked = {"from": "-1h"}
        assert hub.replay(**asked)["accepted"] == 2
        assert tenant.stored() == 0
        for _ in range(2):
            report = hub.replay(**asked, dry_run=False)
            assert (report["accepted"], report["rejected"]) == (2, 1)
        assert tenant.stored() == 2
        ledger = hub.get("/v1/ledger?from=-1h")["total"]
        assert (ledger["received"], ledger["stored"], ledger["duplicate"], ledger["rejected"]) == (7, 2, 2, 3)
        assert ledger["balanced"] is True
        assert [
            one["last_replay"]["outcome"] for one in hub.get("/v1/dead-letters?from=-1h")["dead_letters"]
        ].count("accepted") == 2
        assert running.request("HEAD", "/healthz").status == 200
        assert running.stop() == 0
        assert "Traceback" not in running.said()


def test_a_ledger_that_breaks_raises_the_alarm_of_the_serving_process(db: Database, tmp_path: Path) -> None:
    tenant = Tenant(db, "acme", ("ingest", "query"))
    with a_collector(db, tmp_path, HUB_LEDGER_CHECK_EVERY_S="0.2") as running:
        assert running.send(OLD, tenant.key).status == 200
        with db.connect("postgres") as admin:
            assert admin.execute("UPDATE hub.ingest_ledger SET received = received + 1").rowcount == 1
        ends_s = time.monotonic() + WAIT_S
        while b"hub_ledger_broken_hours 1.0" not in running.request("GET", "/metrics").content:
            assert time.monotonic() < ends_s, running.said()
            time.sleep(0.1)
        assert "ledger does not hold" in running.said()
