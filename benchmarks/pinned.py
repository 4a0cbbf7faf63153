"""A server in a process of its own on one core, and what it uses: how a collector's core is told from its client's.

In: a command, a port, variables. Out: `Pinned`, listening, with the CPU seconds and the memory of it and its children.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES, OTHER_CORES = CORES[:1], CORES[1:] or CORES
START_S = 60


def on_server_core() -> None:
    os.sched_setaffinity(0, SERVER_CORES)


def on_other_cores() -> None:
    os.sched_setaffinity(0, OTHER_CORES)


class Pinned:
    """A server in a process of its own, on its core."""

    def __init__(self, command: list[str], port: int, env: dict[str, str]) -> None:
        self.port = port
        self._popen = subprocess.Popen(command, env=env, preexec_fn=on_server_core)  # noqa: PLW1509  no thread runs yet
        self._process = psutil.Process(self._popen.pid)

    def cpu_s(self) -> float:
        """User and kernel time of it and its children."""
        family = [self._process, *self._process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in family)

    @property
    def memory_mb(self) -> float:
        family = [self._process, *self._process.children(recursive=True)]
        return float(sum(one.memory_info().rss for one in family)) / 2**20

    def await_listening(self) -> None:
        await_listening(self._popen, self.port)

    def stop(self) -> None:
        self._popen.terminate()
        self._popen.wait(START_S)


@contextmanager
def running(command: list[str], port: int, **variables: str) -> Iterator[Pinned]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    process = Pinned(command, port, env | variables)
    try:
        process.await_listening()
        yield process
    finally:
        process.stop()


def await_listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Until somebody listens; ends the benchmark when the process has ended or takes too long."""
    ends_s = time.monotonic() + START_S
    while time.monotonic() < ends_s:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"nothing listens on port {port} after {START_S} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
