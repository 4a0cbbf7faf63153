"""The table in `benchmarks/README.md`, made from the result files and from nothing else.

    python -m benchmarks.table [--check]

Rewrites the part between the two markers; `--check` fails instead when the part is not what the files say.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks.machine import RESULTS

README = Path(__file__).parent / "README.md"
BEGIN = "<!-- results: begin (python -m benchmarks.table) -->"
END = "<!-- results: end -->"


_ON_A_LINE = 3
_OF_A_SUITE = 6


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def rendered() -> str:
    """Markdown of all result files, one section a file, sorted by name; after them the suites of the models."""
    sections = [_section(_read(path)) for path in sorted(RESULTS.glob("*.json"))]
    return "\n".join([*sections, *(suite(_read(path)) for path in sorted(RESULTS.glob("models/*.json")))])


def _read(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def suite(result: dict[str, Any]) -> str:
    """A line a model, the suite's own first; of its figures the first few, which are those that it is known by."""
    blocks: dict[str, dict[str, Any]] = result["models"]
    names = list(result["figures"])[:_OF_A_SUITE]
    lines = [
        *_heading(result),
        "| model | " + " | ".join(names) + " |",
        "|---" + "|---:" * len(names) + "|",
    ]
    for model in sorted(blocks, key=lambda name: name != result["model"]):
        cells = [_figure(blocks[model].get(name)) for name in names]
        lines.append(f"| {model} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _figure(value: object) -> str:
    return _number(value) if isinstance(value, float | int) else "–"


def _heading(result: dict[str, Any]) -> list[str]:
    facts = result.get("machine")
    where = f" on {facts['cpu']}, {facts['cores']} cores, {facts['memory_gib']} GiB" if facts else ""
    return [f"### {result['name']}", "", f"`{result['command']}`, made {result['made']}{where}.", ""]


def _section(result: dict[str, Any]) -> str:
    """A table of figures, several on a line: there are hundreds."""
    cells = [(name, _number(value)) for name, value in result["figures"].items()]
    cells += [("", "")] * (-len(cells) % _ON_A_LINE)
    lines = [
        *_heading(result),
        "| figure | value " * _ON_A_LINE + "|",
        "|---|---:" * _ON_A_LINE + "|",
    ]
    lines += [
        "".join(f"| {name} | {value} " for name, value in line) + "|" for line in _lines_of(cells, _ON_A_LINE)
    ]
    return "\n".join([*lines, ""])


def _lines_of(cells: list[tuple[str, str]], count: int) -> Iterator[list[tuple[str, str]]]:
    for at in range(0, len(cells), count):
        yield cells[at : at + count]


def with_table(text: str) -> str:
    """The README's text with the part between the markers replaced; raises ValueError without markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{README.name} has lost its markers {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{rendered()}\n{END}{after}"


def main() -> None:
    """Rewrite or check the README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    old = README.read_text()
    new = with_table(old)
    if parser.parse_args().check:
        if old != new:
            raise SystemExit(
                "benchmarks/README.md is not what the result files say: run python -m benchmarks.table"
            )
    else:
        README.write_text(new)


if __name__ == "__main__":
    main()
