"""What a figure was measured on, and the one way to write a result file.

In: a name, the command and flat figures. Out: `results/<name>.json`, read by `benchmarks.table` for the README.
"""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import orjson
import psutil

RESULTS = Path(__file__).parent / "results"


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or "unknown"
    for line in info.read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"


def machine() -> dict[str, object]:
    """The facts that a reader needs to judge a figure."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def write_result(name: str, command: str, figures: dict[str, float | int]) -> Path:
    """Write `results/<name>.json`; figures are flat, so a chart or a check needs no knowledge of the benchmark."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    made = datetime.now(UTC).isoformat(timespec="seconds")
    body = {"name": name, "made": made, "command": command, "machine": machine(), "figures": figures}
    path.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2) + b"\n")
    return path
