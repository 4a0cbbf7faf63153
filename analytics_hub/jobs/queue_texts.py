"""The SQL that the queue's library brings for its own tables, by name; who applies it is `storage/queue_schema.py`.

Out: the whole schema, and every later change of it. The library names its changes by the version that brought them,
and their order is that of their names.
"""

from pathlib import Path

from procrastinate.schema import SchemaManager


def whole_schema() -> str:
    return SchemaManager.get_schema()


def schema_changes() -> dict[str, str]:
    folder = Path(SchemaManager.get_migrations_path())
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))}
