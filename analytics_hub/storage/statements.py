"""Static SQL from `sql/*.sql`: statements under `-- name:` headers, or a whole file as one script.

In: a file's name. Out: its text. Assembled SQL lives in the query package's builder, schema changes in `migrations/`.
"""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "sql"
_HEADER = re.compile(r"^-- name: (\w+)[^\n]*\n", re.MULTILINE)


@cache
def statements(name: str) -> dict[str, str]:
    """The named statements of `sql/<name>.sql`, each without its header."""
    parts = _HEADER.split(script(name))
    return {key: text.strip().removesuffix(";") for key, text in zip(parts[1::2], parts[2::2], strict=True)}


@cache
def script(name: str) -> str:
    """`sql/<name>.sql` as it is, to be run in one go."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
