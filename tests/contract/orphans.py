"""Which files nobody reaches: Python from the entry points, Rust from `mod`, SQL from its reader.

In: the texts of many files. Out: the paths that could be deleted without anybody noticing.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath


def module_name(path: PurePosixPath) -> str:
    """The dotted name of a Python file: `ingest/__init__.py` is `ingest`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _mentions(text: str, known: frozenset[str]) -> set[str]:
    """The modules of ours that a source imports, or names in a string (`"analytics_hub.api.app:create"`)."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value.partition(":")[0])
    return names & known


def python_orphans(texts: Mapping[PurePosixPath, str], entries: Iterable[str]) -> set[PurePosixPath]:
    """Modules that no entry point reaches. A package's `__init__` is reached with any of its modules."""
    by_name = {module_name(path): path for path in texts}
    known = frozenset(by_name)
    waiting, reached = list(known & set(entries)), set[str]()
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        parts = name.split(".")
        waiting += [parent for n in range(1, len(parts)) if (parent := ".".join(parts[:n])) in known]
        waiting += _mentions(texts[by_name[name]], known)
    return {path for name, path in by_name.items() if name not in reached and path.name != "__init__.py"}


def rust_orphans(texts: Mapping[PurePosixPath, str]) -> set[PurePosixPath]:
    """Files under a `src` that no sibling declares by `mod name;`: the compiler does not see them."""
    orphans = set()
    for path in texts:
        if "src" not in path.parts or path.name in {"lib.rs", "main.rs"}:
            continue
        name, folder = (
            (path.parent.name, path.parent.parent) if path.name == "mod.rs" else (path.stem, path.parent)
        )
        parents = {folder / "lib.rs", folder / "main.rs", folder / "mod.rs", folder.with_suffix(".rs")}
        declared = re.compile(rf"^\s*(pub(\([a-z]+\))? )?mod {name};", re.MULTILINE)
        if not any(declared.search(texts[parent]) for parent in parents & texts.keys()):
            orphans.add(path)
    return orphans


def sql_orphans(files: Iterable[PurePosixPath], readers: Iterable[str]) -> set[PurePosixPath]:
    """SQL files that no Python source names. Migrations are read by their folder."""
    code = "\n".join(readers)
    return {
        path
        for path in files
        if "migrations" not in path.parts
        and not re.search(rf"[\"'/]{re.escape(path.stem)}(\.sql)?[\"']", code)
    }
