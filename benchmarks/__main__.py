"""All benchmarks and the table: `python -m benchmarks [--quick]`, as `make bench` runs it.

Each benchmark runs as its own command, so that none inherits another's memory or threads. `--quick` makes few events
and one round and writes nothing: a check that everything runs, with figures that mean nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks.scratch import is_timescale_named

_FEW = ("--events", "50000", "--rounds", "1", "--dry-run")
QUICK = {
    "hot_path": _FEW,
    "load": _FEW,
    "http_ingest": ("--seconds", "1", "--rounds", "1", "--dry-run"),
    "stream": _FEW,
    "fairness": ("--events", "20000", "--questions", "20", "--dry-run"),
    "storm": ("--events", "5000", "--questions", "10", "--dry-run"),
    "live": ("--readers", "20", "--seconds", "4", "--dry-run"),
    "closer": ("--rows", "2000", "--series", "300", "--rounds", "1", "--dry-run"),
    "graphql_bombs": ("--rounds", "1", "--plain-s", "0.2", "--dry-run"),
    "models": ("--tenants", "50", "--series", "4", "--peer", "2", "--dry-run"),
    "scoring": ("--tenants", "8", "--dry-run"),
    "planning": ("--events", "3000", "--asked", "5", "--dry-run"),
}
"""Every benchmark, and its options when nothing but its running is looked at. `benchmarks.chaos` is no race and is run
by itself (`make chaos`)."""
QUICK_ON_TIMESCALE = {
    "columns": ("--tenants", "3", "--events", "5000", "--asked", "3", "--late", "500", "--dry-run"),
}
"""Those that need HUB_BENCH_DSN; left out without it."""
TIMEOUT_S = 1800


def main() -> None:
    """Run them in order; the first failure ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    chosen = QUICK | (QUICK_ON_TIMESCALE if is_timescale_named() else {})
    for name, few in chosen.items():
        args = few if quick else ()
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *args], check=True, timeout=TIMEOUT_S)
    subprocess.run([sys.executable, "-m", "benchmarks.table"], check=True, timeout=TIMEOUT_S)


if __name__ == "__main__":
    main()
