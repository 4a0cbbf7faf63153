"""What a question costs the server: CPU seconds of the one process that serves a connection.

In: a connection to a server on this machine. Out: `ServerCpu`, read before and after the work. A server elsewhere ends
the benchmark: its processes cannot be seen from here, and the clock on the wall says nothing where cores are shared.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import psycopg

_NS = 1e9


class ServerCpu:
    """Of one connection's process, parallel workers not counted: the hub's own connections start none."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        pid = conn.info.backend_pid
        if not psutil.pid_exists(pid) or "postgres" not in (process := psutil.Process(pid)).name():
            raise SystemExit("the server must run on this machine: its CPU time is what is measured")
        self._process = process
        self._schedule = Path(f"/proc/{pid}/schedstat")

    def seconds(self) -> float:
        """So far. To the nanosecond where the kernel tells, else by its ticks of 10 ms."""
        if self._schedule.exists():
            return int(self._schedule.read_text().split()[0]) / _NS
        return float(sum(self._process.cpu_times()[:2]))
