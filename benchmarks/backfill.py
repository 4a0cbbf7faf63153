"""Months of one tenant's events in the order of time: the input of `hub load --history` in `load.py` and `fairness.py`.

In: how many events, over how many days, and a seed. Out: a cached NDJSON file; the events are those of `events.py`, but
for their times: evenly over whole UTC days, the last of which ended before `events.START`.
"""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from pathlib import Path

import polars as pl

from benchmarks import events

SLICE = 250_000
DAY_US = 86_400_000_000


def history_frame(count: int, days: int, first: int, size: int, seed: int, projects: int) -> pl.DataFrame:
    """The rows [first, first + size) of `count` events over so many days."""
    start = events.START.replace(hour=0, tzinfo=None) - timedelta(days=days)
    at_us = pl.int_range(first, first + size, dtype=pl.Int64) * (days * DAY_US // count)
    time = (pl.lit(start) + pl.duration(microseconds=at_us)).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    return events.frame(size, seed, first, projects).with_columns(time=time)


def history_file(count: int, days: int, seed: int = 7, projects: int = 50) -> Path:
    """The cached file; made on first use, in slices to bound memory."""
    folder = Path(tempfile.gettempdir()) / f"llm-analytics-hub-bench-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    path = folder / f"history-{count}-{days}-{seed}-{projects}.ndjson"
    if not path.exists():
        partial = path.with_suffix(".partial")
        with partial.open("wb") as out:
            for first in range(0, count, SLICE):
                size = min(SLICE, count - first)
                history_frame(count, days, first, size, seed, projects).write_ndjson(out)
        partial.rename(path)
    return path
