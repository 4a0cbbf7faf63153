"""`hub up` keeps what its documentation promises, whatever is asked of it.

schemathesis reads the OpenAPI of the running hub and makes requests from it that fit and that do not: bounds, wrong
types, missing and foreign members, other methods, without a key and with a bad one. Each answer is held against the
documentation. The same seed makes the same requests.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.support.collecting import RunningCollector, Tenant, a_collector
from tests.support.database import Database
from tests.support.deltas import add_series, flush_delta, minute

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
    "allow_header_conformance",
    "missing_required_header",
)
"""Not whether everything that breaks the documented types is refused: it takes `code=false` for a boolean, and in a
query everything is text. What is refused, and by which name, is in tests/unit/api.
"""
EXAMPLES_MAX = 10
# Some ten seconds on a machine that does nothing else; the bound is for one that does.
WAIT_S = 900


@dataclass
class Asked:
    """A running hub with a little usage, and a key that may do everything."""

    hub: RunningCollector
    tenant: Tenant
    folder: Path

    def everything(self, document: str, *more: str) -> subprocess.CompletedProcess[str]:
        program = "from schemathesis.cli import schemathesis; schemathesis()"
        bounds = ["--max-examples", str(EXAMPLES_MAX), "--request-timeout", "60", "--warnings", "off"]
        return subprocess.run(
            [
                *(sys.executable, "-c", program, "run", document, *more),
                *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
                *("--header", f"Authorization: Bearer {self.tenant.key}", *bounds),
                *("--generation-deterministic", "--no-shrink"),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )


@pytest.fixture
def asked(db: Database, tmp_path: Path) -> Iterator[Asked]:
    tenant = Tenant(db, scopes=("query", "ingest"))
    with db.connect("hub_writer") as writer:
        add_series(writer, tenant.tenant_id, 1, provider="openai", model="gpt-4o")
        flush_delta(writer, tenant.tenant_id, minute("2026-11-01 10:07"), 1, events=3)
    # Streams end by themselves at once: every answer is read to its end.
    with a_collector(db, tmp_path, HUB_LIVE_STREAM_S_MAX="0.1") as hub:
        yield Asked(hub, tenant, tmp_path)


@pytest.mark.timeout(WAIT_S + 60)
def test_every_answer_is_as_documented_and_none_is_given_without_a_key(asked: Asked) -> None:
    done = asked.everything(f"http://{asked.hub.address}/openapi.json")
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    assert asked.hub.is_well()


@pytest.mark.timeout(WAIT_S + 60)
def test_promises_that_are_not_kept_would_be_found(asked: Asked) -> None:
    document = orjson.loads(asked.hub.request("GET", "/openapi.json").content)
    # That health needs a key, and that a ledger has a member `moon`.
    document["paths"]["/healthz"]["get"]["security"] = [{"API key": []}]
    document["components"]["schemas"]["LedgerBody"]["required"].append("moon")
    false = asked.folder / "false.json"
    false.write_bytes(orjson.dumps(document))
    only = [part for path in ("/healthz", "/v1/ledger") for part in ("--include-path", path)]
    done = asked.everything(str(false), "--url", f"http://{asked.hub.address}", *only)
    assert done.returncode == 1
    assert "API accepts requests without authentication" in done.stdout, done.stdout
    assert '"moon" is a required property' in done.stdout
