"""Static SQL cut into statements, and whether each one knows its tenant. Text in, faults out."""

import re
from typing import NamedTuple

HEADER = re.compile(r"^-- name: *(\S+)[^\n]*$", re.MULTILINE)
EXCUSE = re.compile(r"^-- all tenants: *\S.{9,}$", re.MULTILINE)


class Statement(NamedTuple):
    """One statement under its `-- name:` header, comments included."""

    name: str
    text: str

    @property
    def code(self) -> str:
        """The statement without its comments."""
        return re.sub(r"--[^\n]*|/\*.*?\*/", "", self.text, flags=re.DOTALL)


def statements(text: str) -> list[Statement]:
    """Every named statement of a file; a file without headers is one statement."""
    heads = list(HEADER.finditer(text))
    if not heads:
        return [Statement("", text)]
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [Statement(head.group(1), text[head.end() : end]) for head, end in zip(heads, ends, strict=True)]


def forgets_the_tenant(statement: Statement) -> bool:
    """True for a statement that neither mentions the tenant nor says why it concerns all of them."""
    knows = re.search(r"\btenant_id\b|\bcur_tenant\(\)", statement.code) is not None
    return not knows and EXCUSE.search(statement.text) is None
