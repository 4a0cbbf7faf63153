"""A collector as a process of its own, and clients that behave well or badly.

In: a test's database. Out: `hub up` or `hub collector` on a free port, tenants with keys, bodies sent over real
connections, and what the database holds afterwards.
"""

import http.client
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.tenancy.issue import issue_key
from tests.support.command import COMMAND, environment
from tests.support.database import Database
from tests.support.http import Answer
from tests.support.ingest import event

WAIT_S = 180.0


def fresh(numbers: Iterable[int], **members: Any) -> list[bytes]:
    """Events with these numbers that happened a moment ago by the machine's clock, as a collector judges them."""
    moment = (datetime.now(UTC) - timedelta(seconds=5)).isoformat()
    return [event(number, **({"time": moment} | members)) for number in numbers]


def array(lines: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(lines) + b"]"


@dataclass
class Tenant:
    """One tenant of one database, and the text of a key of it that may send."""

    db: Database
    slug: str = "acme"
    scopes: tuple[str, ...] = ("ingest",)
    tenant_id: int = field(init=False)
    key: str = field(init=False)
    prefix: str = field(init=False)

    def __post_init__(self) -> None:
        self.tenant_id = self.db.add_tenant(self.slug)
        with self.db.connect("hub_maint") as conn:
            issued = issue_key(PostgresKeyBook(conn), TenantId(self.tenant_id), self.scopes)
        self.key, self.prefix = issued.text, issued.prefix

    def revoke(self) -> None:
        with self.db.connect("hub_maint") as conn:
            PostgresKeyBook(conn).revoke(TenantId(self.tenant_id), self.prefix)

    def stored(self) -> int:
        """Events in the database, one by one."""
        return int(self._row("SELECT count(*) FROM hub.usage_events WHERE tenant_id = %s")[0])

    def ledger(self) -> LedgerCount:
        row = self._row(
            "SELECT sum(received), sum(stored), sum(duplicate), sum(rejected) FROM hub.ingest_ledger"
            " WHERE tenant_id = %s"
        )
        return LedgerCount(*(int(value or 0) for value in row))

    def _row(self, statement: str) -> tuple[Any, ...]:
        with self.db.connect("hub_maint") as conn:
            row = conn.execute(statement.encode(), [self.tenant_id]).fetchone()
        assert row is not None
        return tuple(row)


@dataclass
class RunningCollector:
    """One process that answers `POST /v1/events`."""

    process: subprocess.Popen[str]
    address: str
    log: Path

    def send(self, body: Any, key: str, content_type: str = "application/json", **headers: str) -> Answer:
        """One request. A body that can be iterated is sent in chunks; `headers` with underscores for hyphens."""
        sent = {"Authorization": f"Bearer {key}", "Content-Type": content_type}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request(
            "POST", "/v1/events", {name: value for name, value in sent.items() if value}, body
        )

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        connection = http.client.HTTPConnection(self.address, timeout=WAIT_S)
        try:
            connection.request(
                method, path, body, dict(headers or {}), encode_chunked=isinstance(body, Iterator)
            )
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            connection.close()

    def raw(self) -> socket.socket:
        """A connection to misbehave on."""
        host, _, port = self.address.partition(":")
        return socket.create_connection((host, int(port)), timeout=WAIT_S)

    def is_well(self) -> bool:
        return self.process.poll() is None and self.request("GET", "/healthz").status == 200

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        """As its supervisor would; the exit status."""
        self.process.terminate()
        return self.process.wait(WAIT_S)


@contextmanager
def a_collector(db: Database, folder: Path, *command: str, **variables: str) -> Iterator[RunningCollector]:
    """`hub up` unless another command is named. Gives it once it listens; killed at the end if it still runs."""
    ports = {"HUB_API_PORT": "0", "HUB_COLLECTOR_PORT": "0"}
    log = folder / f"collector-{len(list(folder.glob('collector-*')))}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*COMMAND, *(command or ("up",))],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(db, **(ports | variables)),
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://" in line, log.read_text(errors="replace") + line
        yield RunningCollector(process, line.split("http://")[1].split()[0], log)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
        sys.stderr.write(log.read_text(errors="replace")[-4000:])


def code(answer: Answer) -> tuple[int, str]:
    """Status and code of a refusal, whose body has the one shape of all errors."""
    body = orjson.loads(answer.content)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == answer.status
    assert body["request_id"] == answer.headers["x-request-id"]
    return answer.status, body["code"]
