"""What the documents claim, as data: links, commands, paths. Text in, names out; nothing is read here."""

import re

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SOURCE_PATH = re.compile(
    r"`((?:rust_core|analytics_hub|ingest|models|benchmarks|docs|tests|requirements|\.ci|\.github)/[\w./-]*\w/?)`"
)


def links(text: str) -> set[str]:
    """Targets of the links to other files, without anchors; links to the web are left out."""
    found = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", FENCE.sub("", text))
    return {target for target in found if "://" not in target}


def source_paths(text: str) -> set[str]:
    """Paths of this repository that are named in backticks."""
    return set(SOURCE_PATH.findall(text))


def _spans(text: str) -> list[str]:
    """What stands in shell blocks, a line each, and what stands in backticks."""
    lines = [line.split("#")[0].strip() for block in SHELL.findall(text) for line in block.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


def make_recipes(text: str) -> set[str]:
    """Recipes that are called: `make test` is `test`."""
    return {found for span in _spans(text) for found in re.findall(r"\bmake ([a-z][a-z-]*)", span)}


def hub_commands(text: str) -> set[tuple[str, ...]]:
    """Commands of `hub` with their sub-command, if the next word can be one: `hub tenant create acme`."""
    calls = [
        found
        for span in _spans(text)
        for found in re.findall(r"(?:^|&& )hub((?: [a-z][a-z0-9-]*){1,2})", span)
    ]
    return {tuple(call.split()) for call in calls}


def recipes_of(makefile: str) -> dict[str, str]:
    """Each documented recipe of a Makefile with its sentence."""
    return dict(re.findall(r"^([a-z][a-z-]*):.*?## (.+)$", makefile, flags=re.MULTILINE))
