"""The settings as a table: what docs/settings.md shows, and which variables are known.

In: the concerns. Out: rows, and the page made of them.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from analytics_hub.settings.concern import variable
from analytics_hub.settings.loading import CONCERNS


def unknown_variables() -> list[str]:
    """HUB_ variables that no setting reads: most likely misspelt. HUB_TEST_ belongs to the tests."""
    known = {row.variable for row in table()}
    return sorted(
        name
        for name in os.environ
        if name.startswith("HUB_") and not name.startswith("HUB_TEST_") and name not in known
    )


@dataclass(frozen=True)
class Row:
    """One line of the settings table."""

    concern: str
    variable: str
    default: str
    allowed: str
    help: str


def table() -> Iterator[Row]:
    """Every setting in order; documentation and checks are made from it."""
    for concern in CONCERNS.values():
        for name, info in concern.model_fields.items():
            default = "" if info.default is None else str(info.default)
            yield Row(
                concern.__name__, variable(concern, name), default, _allowed(info), info.description or ""
            )


def markdown() -> str:
    """The content of docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Environment variables, read once at start. Made from `analytics_hub/settings` by",
        "`python -m analytics_hub.settings > docs/settings.md`; do not edit by hand.",
    ]
    for concern in CONCERNS.values():
        lines += ["", f"## {concern.__name__.removesuffix('Settings')}", "", concern.__doc__ or "", ""]
        lines += ["| variable | default | allowed | what |", "|---|---|---|---|"]
        lines += [
            f"| `{row.variable}` | {_code(row.default)} | {row.allowed or '-'} | {row.help} |"
            for row in table()
            if row.concern == concern.__name__
        ]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{text}`" if text else "-"


def _allowed(info: FieldInfo) -> str:
    if get_origin(info.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(info.annotation))
    words = {"Ge": "from {}", "Gt": "above {}", "Le": "to {}"}
    parts = []
    for rule in info.metadata:
        kind = type(rule).__name__
        if kind in words:
            parts.append(words[kind].format(getattr(rule, kind.lower())))
    return " ".join(parts)
