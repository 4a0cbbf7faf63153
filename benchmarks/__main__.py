"""All benchmarks and the table: `python -m benchmarks [--quick]`, as `make bench` runs it.

Each benchmark runs as its own command, so that none inherits another's memory or threads. `--quick` makes few events
and one round and writes nothing: a check that everything runs, with figures that mean nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

_FEW = ("--events", "50000", "--rounds", "1", "--dry-run")
QUICK = {
    "hot_path": _FEW,
    "load": _FEW,
    "http_ingest": ("--seconds", "1", "--rounds", "1", "--dry-run"),
    "stream": _FEW,
    "fairness": ("--events", "20000", "--questions", "20", "--dry-run"),
}
"""Every benchmark, and its options when nothing but its running is looked at. `benchmarks.chaos` is no race and is run
by itself (`make chaos`)."""
TIMEOUT_S = 1800


def main() -> None:
    """Run them in order; the first failure ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    for name, few in QUICK.items():
        args = few if quick else ()
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *args], check=True, timeout=TIMEOUT_S)
    subprocess.run([sys.executable, "-m", "benchmarks.table"], check=True, timeout=TIMEOUT_S)


if __name__ == "__main__":
    main()
