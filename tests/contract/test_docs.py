"""The documents say what is: links, recipes and commands exist, decisions are numbered, pages are fresh."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest
import typer

from analytics_hub.cli.main import app
from tests.contract import documents
from tests.contract.reject_codes_page import page
from tests.contract.tree import ROOT, text_of, tracked

PAGES = [path for path in tracked() if path.suffix == ".md"]
ADRS = [path for path in PAGES if path.parent == PurePosixPath("docs/adr") and path.name != "README.md"]
SECTIONS = ["Question", "Decision", "Measured", "What follows", "Left aside"]


def _commands() -> set[tuple[str, ...]]:
    """Every command of `hub` and its sub-commands."""
    return set(_below(typer.main.get_command(app), ()))


def _below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Asks as the shell does, so that commands which are loaded when they are called are found too."""
    if hasattr(command, "list_commands"):
        context = command.make_context("hub", [], resilient_parsing=True)
        for name in command.list_commands(context):
            yield (*path, name)
            yield from _below(command.get_command(context, name), (*path, name))


def _unknown(used: set[tuple[str, ...]], known: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Commands that do not exist; the second word of a command without sub-commands is an argument."""
    groups = {name[0] for name in known if len(name) > 1}
    return {call for call in used if (call if call[0] in groups else call[:1]) not in known}


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_link_resolves(path: PurePosixPath) -> None:
    broken = [link for link in documents.links(text_of(path)) if not (ROOT / path.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_named_source_path_exists(path: PurePosixPath) -> None:
    missing = [
        name
        for name in documents.source_paths(text_of(path))
        if "NNNN" not in name and not (ROOT / name).exists()
    ]
    assert not missing


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_named_recipe_exists(path: PurePosixPath) -> None:
    assert (
        documents.make_recipes(text_of(path)) <= documents.recipes_of((ROOT / "Makefile").read_text()).keys()
    )


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_named_command_exists(path: PurePosixPath) -> None:
    assert _unknown(documents.hub_commands(text_of(path)), _commands()) == set()


def test_make_help_lists_every_recipe() -> None:
    makefile = (ROOT / "Makefile").read_text()
    public = set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, flags=re.MULTILINE))
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert (
        public
        == set(documents.recipes_of(makefile))
        == set(re.findall(r"^  make (\S+)", done.stdout, re.MULTILINE))
    )


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = "make test"
    assert command in documents.SHELL.findall(text_of(PurePosixPath("README.md")))[0]
    assert re.search(rf"^{command}$", text_of(PurePosixPath(".ci/run")), re.MULTILINE)


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    assert [int(path.name[:4]) for path in ADRS] == list(range(len(ADRS)))
    listed = documents.links(text_of(PurePosixPath("docs/adr/README.md")))
    assert {path.name for path in ADRS} <= listed


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_a_decision_has_every_section(path: PurePosixPath) -> None:
    text = text_of(path)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert text.startswith(f"# {path.name[:4]}: ")


def test_the_page_of_reject_codes_is_fresh() -> None:
    assert text_of(PurePosixPath("docs/reject-codes.md")) == page(), "run `make docs`"


def test_a_planted_wrong_claim_is_found() -> None:
    text = "[a](missing.md), `ingest/missing.py`, `make nothing`, `hub fly away`\n```sh\nhub query --x\n```\n"
    assert documents.links(text) == {"missing.md"}
    assert documents.source_paths(text) == {"ingest/missing.py"}
    assert documents.make_recipes(text) == {"nothing"}
    assert _unknown(documents.hub_commands(text), {("query",)}) == {("fly", "away")}
