"""The top level is a fixed list, and the lock files are locked: hashes for everything, no index, no path."""

import re
import tomllib
from pathlib import PurePosixPath

import pytest

from tests.contract.tree import ROOT, text_of, tracked

TOP_LEVEL = {
    *(".ci", ".github", ".gitignore", "Makefile", "pyproject.toml", "requirements"),
    *("Cargo.toml", "Cargo.lock", "rustfmt.toml", "docker-compose.yml"),
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "LICENSE", "docs"),
    *("rust_core", "analytics_hub", "ingest", "models", "dashboard", "sdk", "k8s", "benchmarks", "tests"),
}
TEST_SHELVES = {"unit", "adapter", "service", "contract", "support"}
LOCK_FILES = ("base", "dev", "bench", "deep", "uv")

PINNED = re.compile(r"[a-z0-9][a-z0-9.\-]*(\[[a-z0-9,\-]+\])?==[^\s;]+( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def _loose_lines(text: str) -> list[str]:
    """Lines of a lock file that are neither a pinned package nor a hash of one."""
    return [line for line in text.splitlines() if not (PINNED.fullmatch(line) or HASH.fullmatch(line))]


def _pins(name: str) -> dict[str, str]:
    text = text_of(PurePosixPath(f"requirements/{name}.txt"))
    return dict(re.findall(r"^([a-z0-9.\-]+)(?:\[[^\]]*\])?==([^\s;]+)", text, flags=re.MULTILINE))


def test_the_top_level_holds_only_what_it_should() -> None:
    assert {path.parts[0] for path in tracked()} <= TOP_LEVEL


def test_tests_stand_on_their_shelves() -> None:
    folders = {path.parts[1] for path in tracked() if path.parts[0] == "tests" and len(path.parts) > 2}
    assert folders <= TEST_SHELVES


@pytest.mark.parametrize("name", LOCK_FILES)
def test_a_lock_file_holds_only_pins_and_hashes(name: str) -> None:
    assert _loose_lines(text_of(PurePosixPath(f"requirements/{name}.txt"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.org/simple",
        "--find-links wheels",
        "httpx==1.0",
        "httpx @ file:///a",
        "httpx>=1 \\",
    ],
)
def test_a_loose_line_in_a_lock_file_is_found(line: str) -> None:
    assert _loose_lines(line) == [line]


def test_the_lock_files_agree_on_every_version() -> None:
    dev = _pins("dev")
    for name in LOCK_FILES:
        pins = _pins(name)
        assert {key: dev[key] for key in pins.keys() & dev.keys()} == {
            key: pins[key] for key in pins.keys() & dev.keys()
        }


def test_every_declared_package_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"base": [], **project["optional-dependencies"]}
    for name, extra in groups.items():
        wanted = {re.split(r"[\[>=<~! ;]", one)[0] for one in (*project["dependencies"], *extra)}
        assert wanted - _pins(name).keys() == set(), f"run `make lock` ({name})"
