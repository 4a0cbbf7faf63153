"""`make setup` on a bare machine says everything that is missing at once, and how to get it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.contract.tree import ROOT

NEEDED_BY_THE_SCRIPT = ("bash", "dirname", "sort", "head", "awk")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for PATH with a shell and nothing to build with."""
    for name in NEEDED_BY_THE_SCRIPT:
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    return tmp_path


def _script(folder: Path, name: str, answer: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{answer}\n")
    (folder / name).chmod(0o755)


def _setup(path: Path) -> tuple[int, str]:
    done = subprocess.run(
        [ROOT / ".ci" / "setup"],
        env={**os.environ, "PATH": str(path), "HOME": str(path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr


def test_everything_missing_is_named_at_once(bare: Path) -> None:
    status, said = _setup(bare)
    assert status == 1
    assert all(
        word in said for word in ("Python 3.11 or newer", "Rust 1.90 or newer", "rustup.rs", "C linker")
    )


def test_an_old_rust_is_told_how_to_become_new(bare: Path) -> None:
    _script(bare, "cargo", "exit 0")
    _script(bare, "rustc", "echo 'rustc 1.74.1 (a28077b28 2023-12-04)'")
    assert "found 1.74.1): run 'rustup update stable'" in _setup(bare)[1]


def test_a_rustup_without_its_home_is_recognised(bare: Path) -> None:
    _script(bare, "cargo", "exit 0")
    _script(bare, "rustc", "echo 'error: no default toolchain' >&2; exit 1")
    assert "set RUSTUP_HOME" in _setup(bare)[1]


def test_an_old_python_is_passed_over(bare: Path) -> None:
    _script(bare, "python3", "echo 3.9")
    assert "Python 3.11 or newer" in _setup(bare)[1]


def test_what_only_kafka_needs_is_named_apart(bare: Path) -> None:
    said = _setup(bare)[1]
    apart, refused = said.split("make setup cannot go on")
    assert all(word in apart for word in ("Not needed to build", "Java 17 or newer", "Maven"))
    assert "Java" not in refused


def test_a_machine_with_java_and_maven_is_not_told_about_them(bare: Path) -> None:
    _script(bare, "java", "exit 0")
    _script(bare, "mvn", "exit 0")
    assert "Not needed to build" not in _setup(bare)[1]
