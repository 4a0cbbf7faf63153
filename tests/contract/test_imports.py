"""The import rules of pyproject.toml can fail: a breach of each contract is planted and must be found.

The real tree is checked by `make check` (lint-imports). Here the rules themselves are: in a copy of the tree
whose modules are empty, so that every broken contract is the work of its plant.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("rust_core", "analytics_hub", "ingest", "models")

# contract id -> (the module that breaks it, the line that does)
PLANTS = {
    "leaves": ("models/planted.py", "import rust_core"),
    "leaves-up": ("analytics_hub/domain/planted.py", "import analytics_hub.settings"),
    "settings": ("analytics_hub/settings/planted.py", "import ingest"),
    "cli": ("analytics_hub/api/planted.py", "import analytics_hub.cli"),
    "api": ("analytics_hub/query/planted.py", "import analytics_hub.api"),
    "ingest": ("analytics_hub/pricing/planted.py", "import ingest"),
    "storage": ("ingest/buffer.py", "import analytics_hub.storage"),
    "query": ("ingest/planted.py", "import analytics_hub.query"),
    "tenancy": ("analytics_hub/query/planted_who.py", "import analytics_hub.tenancy"),
    "pricing": ("ingest/planted_price.py", "import analytics_hub.pricing"),
    "models": ("analytics_hub/api/planted_model.py", "import models"),
    "jobs": ("analytics_hub/query/planted_job.py", "import analytics_hub.jobs"),
    "fitting": ("analytics_hub/query/planted_fit.py", "import sklearn"),
    "fitted-models": ("analytics_hub/cli/planted_fit.py", "import statsforecast"),
    "queue": ("analytics_hub/query/planted_queue.py", "import procrastinate"),
    "backtests": ("analytics_hub/query/planted_backtest.py", "import analytics_hub.backtests"),
    "backtests-alone": ("analytics_hub/backtests/planted.py", "import analytics_hub.storage"),
    "rust-core": ("analytics_hub/api/planted_core.py", "import rust_core"),
    "psycopg": ("analytics_hub/query/planted_sql.py", "import psycopg"),
    "web": ("ingest/planted_web.py", "import fastapi"),
    "web-server": ("analytics_hub/api/planted_server.py", "import granian"),
    "tokens": ("analytics_hub/api/planted_token.py", "import jwt"),
    "graphql": ("analytics_hub/query/planted_graph.py", "import strawberry"),
    "kafka": ("ingest/planted_kafka.py", "import confluent_kafka"),
    "models-io": ("models/planted_io.py", "import pathlib"),
}


def _contracts() -> dict[str, str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {one["id"]: one["name"] for one in settings["tool"]["importlinter"]["contracts"]}


def _empty_tree(into: Path) -> None:
    """Every module of ours, with nothing in it but the imports that the external contracts look for."""
    shutil.copy(ROOT / "pyproject.toml", into)
    for package in PACKAGES:
        for module in (ROOT / package).rglob("*.py"):
            copy = into / module.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text("")


def _lint(tree: Path) -> tuple[int, dict[str, str]]:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    verdicts = dict(re.findall(r"^(.*\S) (KEPT|BROKEN)\b", done.stdout, flags=re.MULTILINE))
    assert verdicts, done.stdout + done.stderr
    return done.returncode, verdicts


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    tree = tmp_path_factory.mktemp("planted")
    _empty_tree(tree)
    for module, line in PLANTS.values():
        (tree / module).parent.mkdir(parents=True, exist_ok=True)
        (tree / module).write_text(line + "\n")
    return _lint(tree)[1]


def test_a_tree_without_a_breach_passes(tmp_path: Path) -> None:
    _empty_tree(tmp_path)
    status, verdicts = _lint(tmp_path)
    assert (status, set(verdicts.values())) == (0, {"KEPT"})


def test_every_contract_has_a_plant() -> None:
    assert set(PLANTS) == set(_contracts())


@pytest.mark.parametrize("contract", sorted(PLANTS))
def test_a_planted_breach_is_found(contract: str, planted: dict[str, str]) -> None:
    assert planted[_contracts()[contract]] == "BROKEN"
