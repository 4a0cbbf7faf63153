"""`hub up` keeps what its documentation promises, whatever is asked of it.

schemathesis reads the OpenAPI of the running hub and makes requests from it that fit and that do not: bounds, wrong
types, missing and foreign members, other methods, without a key and with a bad one. Each answer is held against the
documentation. The same seed makes the same requests.
"""

import subprocess
import sys
from pathlib import Path

from tests.support.collecting import Tenant, a_collector
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
EXAMPLES_MAX = 30
WAIT_S = 100


def ask_everything(address: str, key: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = "from schemathesis.cli import schemathesis; schemathesis()"
    bounds = ["--max-examples", str(EXAMPLES_MAX), "--request-timeout", "20", "--warnings", "off"]
    steady = ["--seed", "1", "--generation-deterministic", "--no-shrink"]
    return subprocess.run(
        [
            *(sys.executable, "-c", program, "run", f"http://{address}/openapi.json"),
            *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
            *("--header", f"Authorization: Bearer {key}", *bounds, *steady),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


def test_every_answer_is_as_documented_and_none_is_given_without_a_key(db: Database, tmp_path: Path) -> None:
    tenant = Tenant(db, scopes=("query", "ingest"))
    with db.connect("hub_writer") as writer:
        add_series(writer, tenant.tenant_id, 1, provider="openai", model="gpt-4o")
        flush_delta(writer, tenant.tenant_id, minute("2026-11-01 10:07"), 1, events=3)
    with a_collector(db, tmp_path) as hub:
        asked = ask_everything(hub.address, tenant.key, tmp_path)
        assert hub.is_well()
    assert asked.returncode == 0, asked.stdout[-20_000:] + asked.stderr[-5_000:]
