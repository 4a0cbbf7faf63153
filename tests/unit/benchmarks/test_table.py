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


def test_a_suite_has_a_line_a_model_its_own_first_and_a_dash_for_what_is_not_known() -> None:
    blocks = {"naive": {"owa": 0.6, "mase": None}, "best": {"owa": 0.4, "mase": 0.8}, "odd": {"failed": 3.0}}
    result = {"name": "m4", "command": "hub backtest m4", "made": "today", "model": "best"}
    lines = table.suite({**result, "figures": blocks["best"], "models": blocks}).splitlines()
    assert lines[2] == "`hub backtest m4`, made today."
    assert lines[4:] == [
        "| model | owa | mase |",
        "|---|---:|---:|",
        "| best | 0.4 | 0.8 |",
        "| naive | 0.6 | – |",
        "| odd | – | – |",
    ]
