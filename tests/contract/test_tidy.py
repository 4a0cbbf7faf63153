"""The house rules hold in every tracked file, and each rule is seen to find a planted fault."""

from pathlib import PurePosixPath

import pytest

from tests.contract import tidy
from tests.contract.tree import ROOT, text_of, tracked

BINARY_SUFFIXES = {".png", ".parquet"}
SEEDS = "rust_core/core/fuzz/seeds"  # inputs of the fuzzer, with whatever bytes they need

LONG_PYTHON = '"""Doc."""\n\n\ndef long():\n' + "    a = 1\n" * 70
LONG_RUST = '//! Doc.\nfn long() {\n    let a = "}";\n' + "    let b = '{';\n" * 70 + "}\n"

# rule -> (path, text with exactly that fault)
PLANTS = {
    "file-length": ("ingest/a.py", '"""Doc."""\n' + "\n" * 500),
    "docstring": ("ingest/a.py", "a = 1\n"),
    "function-length": ("ingest/a.py", LONG_PYTHON),
    "banned-word": ("docs/a.md", "Every customer pays.\n"),
    "file-name": ("ingest/utils.py", '"""Doc."""\n'),
    "machine-path": ("docs/a.md", "See /home/someone/notes.\n"),
    "one-home": ("ingest/a.py", '"""Doc."""\nimport os\n\na = os.environ["A"]\n'),
    "native-door": ("ingest/a.py", '"""Doc."""\nfrom rust_core._native import decode\n'),
    "test-name": ("tests/unit/test_a.py", '"""Doc."""\n\n\ndef test_works():\n    pass\n'),
}

MORE_PLANTS = [
    ("docstring", "rust_core/core/src/a.rs", "fn a() {}\n"),
    ("function-length", "rust_core/core/src/a.rs", LONG_RUST),
    ("banned-word", "ingest/a.py", '"""Doc."""\n# TODO: later\n'),
    ("banned-word", "analytics_hub/storage/sql/a.sql", "SELECT org_id FROM a;\n"),
    ("file-name", "ingest/helpers/a.py", '"""Doc."""\n'),
    ("file-name", "ingest/Event.py", '"""Doc."""\n'),
    ("machine-path", "requirements/a.txt", "--index-url https://pypi.org/simple\n"),
    ("one-home", "models/a.py", '"""Doc."""\nfrom datetime import datetime\n\na = datetime.now()\n'),
]

CLEAN = [
    ("ingest/a.py", '"""Doc."""\n\n\ndef short() -> None:\n    """Says the tenant."""\n'),
    ("rust_core/core/src/a.rs", "#![no_main]\n//! Doc.\nfn a() { let b = '{'; }\n"),
    ("analytics_hub/settings/a.py", '"""Doc."""\nimport os\n\na = os.environ\n'),
    ("rust_core/core/tests/a.rs", "//! Doc.\nfn cases() {\n" + "    (1, 2),\n" * 90 + "}\n"),
    ("tests/unit/test_a.py", '"""Doc."""\n\n\ndef test_a_resend_changes_no_total() -> None:\n    pass\n'),
]


def test_the_tree_is_tidy() -> None:
    found = [
        fault
        for path in tracked()
        if path.suffix not in BINARY_SUFFIXES and not path.is_relative_to(SEEDS)
        for fault in tidy.faults(path, text_of(path))
    ]
    assert not found, "\n" + "\n".join(map(str, found))


@pytest.mark.parametrize(
    ("rule", "path", "text"), [(rule, *plant) for rule, plant in PLANTS.items()] + MORE_PLANTS
)
def test_a_planted_fault_is_found(rule: str, path: str, text: str) -> None:
    assert {fault.rule for fault in tidy.faults(PurePosixPath(path), text)} == {rule}


@pytest.mark.parametrize(("path", "text"), CLEAN)
def test_a_clean_file_has_no_fault(path: str, text: str) -> None:
    assert tidy.faults(PurePosixPath(path), text) == []


def test_no_tracked_file_is_binary_or_large() -> None:
    bad = [
        str(path)
        for path in tracked()
        if (ROOT / path).stat().st_size > tidy.FILE_BYTES_MAX
        or (
            path.suffix not in BINARY_SUFFIXES
            and not path.is_relative_to(SEEDS)
            and b"\0" in (ROOT / path).read_bytes()
        )
    ]
    assert not bad, f"keep data and builds out of the repository: {bad}"
