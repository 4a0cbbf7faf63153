"""The README's figures are those of the result files."""

from __future__ import annotations

import pytest

from benchmarks import table


def test_the_readme_shows_what_the_result_files_say() -> None:
    text = table.README.read_text(encoding="utf-8")
    assert table.with_table(text) == text, "run python -m benchmarks.table"


def test_a_readme_without_markers_is_an_error() -> None:
    with pytest.raises(ValueError, match="markers"):
        table.with_table("no markers here")
