"""No file without a use: everything is reached from an entry point, and the search finds a planted orphan."""

import tomllib
from pathlib import PurePosixPath

from tests.contract.orphans import module_name, python_orphans, rust_orphans, sql_orphans
from tests.contract.tree import ROOT, text_of, tracked

PRODUCT = ("rust_core", "analytics_hub", "ingest", "models", "benchmarks")


def _texts(suffix: str, *folders: str) -> dict[PurePosixPath, str]:
    return {path: text_of(path) for path in tracked() if path.suffix == suffix and path.parts[0] in folders}


def _entries() -> set[str]:
    """The commands of the wheel, what `python -m` starts, and the in-memory twins, which tests use."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    commands = {target.partition(":")[0] for target in settings["project"]["scripts"].values()}
    started = {
        module_name(path)
        for path, text in _texts(".py", *PRODUCT).items()
        if path.name in {"__main__.py", "memory.py"} or 'if __name__ == "__main__"' in text
    }
    return commands | started


def test_every_python_module_is_reached_from_an_entry_point() -> None:
    assert python_orphans(_texts(".py", *PRODUCT), _entries()) == set()


def test_every_rust_file_is_declared() -> None:
    assert rust_orphans(_texts(".rs", "rust_core")) == set()


def test_every_sql_file_is_named_by_its_reader() -> None:
    files = [path for path in tracked() if path.suffix == ".sql" and path.parts[0] != "tests"]
    assert sql_orphans(files, _texts(".py", "analytics_hub", "ingest").values()) == set()


def test_a_planted_python_orphan_is_found() -> None:
    texts = {
        PurePosixPath("a/__init__.py"): "",
        PurePosixPath("a/main.py"): "from a import used\nserver = 'a.named:app'\n",
        PurePosixPath("a/used.py"): "",
        PurePosixPath("a/named.py"): "",
        PurePosixPath("a/orphan.py"): "import a.friend\n",
        PurePosixPath("a/friend.py"): "import a.orphan\n",
    }
    assert python_orphans(texts, {"a.main"}) == {PurePosixPath("a/orphan.py"), PurePosixPath("a/friend.py")}


def test_a_planted_rust_orphan_is_found() -> None:
    texts = {
        PurePosixPath("a/src/lib.rs"): "pub mod b;\n// mod orphan;\n",
        PurePosixPath("a/src/b/mod.rs"): "pub(crate) mod c;\n",
        PurePosixPath("a/src/b/c.rs"): "",
        PurePosixPath("a/src/orphan.rs"): "",
    }
    assert rust_orphans(texts) == {PurePosixPath("a/src/orphan.rs")}


def test_a_planted_sql_orphan_is_found() -> None:
    files = [
        PurePosixPath("a/sql/used.sql"),
        PurePosixPath("a/sql/orphan.sql"),
        PurePosixPath("a/migrations/1.sql"),
    ]
    assert sql_orphans(files, ["read('used.sql')"]) == {PurePosixPath("a/sql/orphan.sql")}
