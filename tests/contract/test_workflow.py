"""The workflow tests against the TimescaleDB that docker-compose.yml runs, and gives the tests its address."""

from pathlib import PurePosixPath
from typing import Any

import yaml

from tests.contract.tree import text_of


def loaded(path: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text_of(PurePosixPath(path)))
    return found


def test_the_workflow_and_compose_run_the_same_timescaledb() -> None:
    job = loaded(".github/workflows/ci.yml")["jobs"]["timescale"]
    compose = loaded("docker-compose.yml")
    assert job["services"]["timescaledb"]["image"] == compose["services"]["timescaledb"]["image"]


def test_the_workflow_names_the_server_and_runs_what_is_marked() -> None:
    job = loaded(".github/workflows/ci.yml")["jobs"]["timescale"]
    assert "HUB_TEST_TIMESCALE_DSN" in job["env"]
    assert job["steps"][-1]["run"].endswith("-m timescale")
