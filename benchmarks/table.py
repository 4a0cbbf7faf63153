"""The table in `benchmarks/README.md`, made from the result files and from nothing else.

    python -m benchmarks.table [--check]

Rewrites the part between the two markers; `--check` fails instead when the part is not what the files say.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import orjson

from benchmarks.machine import RESULTS

README = Path(__file__).parent / "README.md"
BEGIN = "<!-- results: begin (python -m benchmarks.table) -->"
END = "<!-- results: end -->"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def rendered() -> str:
    """Markdown of all result files, one section a file, sorted by name."""
    parts = []
    for path in sorted(RESULTS.glob("*.json")):
        result = orjson.loads(path.read_bytes())
        facts = result["machine"]
        parts.append(
            f"### {result['name']}\n\n`{result['command']}`, made {result['made']} on {facts['cpu']},"
        )
        parts[-1] += (
            f" {facts['cores']} cores, {facts['memory_gib']} GiB.\n\n| figure | value |\n|---|---:|\n"
        )
        parts[-1] += "".join(f"| {name} | {_number(value)} |\n" for name, value in result["figures"].items())
    return "\n".join(parts)


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
