"""The one way to write a result file of a benchmark.

In: a name, the command and flat figures. Out: `results/<name>.json`, read by `benchmarks.table` for the README.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import orjson

from analytics_hub.telemetry.machine import machine

RESULTS = Path(__file__).parent / "results"


def write_result(name: str, command: str, figures: dict[str, float | int]) -> Path:
    """Write `results/<name>.json`; figures are flat, so a chart or a check needs no knowledge of the benchmark."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    made = datetime.now(UTC).isoformat(timespec="seconds")
    body = {"name": name, "made": made, "command": command, "machine": machine(), "figures": figures}
    path.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2) + b"\n")
    return path
