"""Every statement filters by tenant in its text, or says in a line why it concerns all of them: the static ones, and
the assembled ones as their golden files show them.

That the database refuses a statement without a tenant is tested in tests/adapter; here the text is read, so
that nobody relies on the barrier alone. SQL stands in few places only, and those are listed here.
"""

import ast
import re
from pathlib import PurePosixPath

import pytest

from tests.contract.statements import Statement, forgets_the_tenant, statements
from tests.contract.tree import text_of, tracked

SQL_FILES = [path for path in tracked() if path.suffix == ".sql" and "migrations" not in path.parts]
SQL_TEXT = re.compile(
    r"^\s*(SELECT|INSERT INTO|UPDATE\s+\S+\s+SET|DELETE FROM|COPY\s+\S+\s*\(|WITH\s+\w+\s+AS|TRUNCATE)\s"
)
# Folders and files whose Python may hold SQL; everything else names a statement of a .sql file.
SQL_HOMES = (
    "analytics_hub/storage",
    "analytics_hub/query/build.py",
    "analytics_hub/query/build_arrays.py",
    "analytics_hub/query/build_distinct.py",
    "analytics_hub/query/build_level.py",
    "analytics_hub/query/build_sums.py",
    "analytics_hub/query/build_users.py",
)


def _sql_constants(text: str) -> list[int]:
    """Lines of the string constants that are SQL."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL_TEXT.search(node.value)
    ]


@pytest.mark.parametrize("path", SQL_FILES, ids=str)
def test_every_statement_names_the_tenant(path: PurePosixPath) -> None:
    assert [one.name for one in statements(text_of(path)) if forgets_the_tenant(one)] == []


def test_sql_stands_in_its_homes_only() -> None:
    strays = [
        f"{path}:{line}"
        for path in tracked()
        if path.suffix == ".py" and path.parts[0] in {"analytics_hub", "ingest", "models", "rust_core"}
        if not any(path.is_relative_to(home) for home in SQL_HOMES)
        for line in _sql_constants(text_of(path))
    ]
    assert strays == []


def test_a_statement_without_a_tenant_is_found() -> None:
    text = "-- name: good\nSELECT 1 FROM a WHERE tenant_id = 1\n-- name: bad\n-- tenant_id\nSELECT 1 FROM a\n"
    assert [one.name for one in statements(text) if forgets_the_tenant(one)] == ["bad"]


def test_an_excuse_needs_a_reason() -> None:
    assert forgets_the_tenant(Statement("a", "-- all tenants:\nSELECT 1"))
    assert not forgets_the_tenant(Statement("a", "-- all tenants: the price book is shared\nSELECT 1"))


def test_sql_in_a_wrong_module_is_found() -> None:
    assert _sql_constants('"""Doc."""\na = "SELECT 1 FROM b"\nb = "select a colour"\n') == [2]
