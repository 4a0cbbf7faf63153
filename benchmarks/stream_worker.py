"""The worker as the operator runs it, `hub worker` in a process of its own, and how long it takes for a topic.

In: a database and a filled topic. Out: seconds, from the first look that finds an offset moved to the one that finds
everything accounted for. The first flush is subtracted from the work: it was read before the clock started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.storage.connections import connect

LOOK_S = 0.02
SILENT_S = 120.0
STOP_S = 60.0
_BOOKS = "SELECT coalesce(sum(received), 0)::int8, coalesce(sum(stored), 0)::int8 FROM hub.ingest_ledger"


@contextmanager
def running_worker(hub: OpenedHub, bootstrap: str, topic: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with the default settings; stopped cleanly at the end."""
    environment = {
        **os.environ,
        "HUB_OWNER_DSN": hub.dsn("hub_owner"),
        "HUB_WRITER_DSN": hub.dsn("hub_writer"),
        "HUB_MAINT_DSN": hub.dsn("hub_maint"),
        "HUB_READER_DSN": hub.dsn("hub_reader"),
        "HUB_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "HUB_KAFKA_TOPIC": topic,
        "HUB_WORKER_PORT": "0",
    }
    with tempfile.TemporaryFile() as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "analytics_hub.cli.main", "worker"],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield worker
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(STOP_S)
            log.seek(0)
            if worker.returncode != 0:
                sys.stderr.write(log.read().decode(errors="replace"))
    if worker.returncode != 0:
        raise SystemExit(f"the worker ended with {worker.returncode}")


def timed_worker(hub: OpenedHub, bootstrap: str, topic: str, *, received: int, stored: int) -> float:
    """Seconds for the whole topic, at the rate of everything after the first flush."""
    with running_worker(hub, bootstrap, topic) as worker, connect(hub.dsn("hub_maint"), "bench-look") as conn:
        first_at, first, last_change, before = 0.0, 0, time.perf_counter(), 0
        while True:
            row = conn.execute(_BOOKS).fetchone()
            now = time.perf_counter()
            done = (int(row[0]), int(row[1])) if row else (0, 0)
            if done[0] and not first:
                first_at, first = now, done[0]
            if done[0] >= received:
                break
            if done[0] != before:
                before, last_change = done[0], now
            if worker.poll() is not None or now - last_change > SILENT_S:
                raise SystemExit(f"the worker stands at {done[0]} of {received} events")
            time.sleep(LOOK_S)
    if done != (received, stored):
        raise SystemExit(f"received and stored {done}, not {(received, stored)}: not the same work")
    return (now - first_at) * received / (received - first)
