"""All benchmarks and the table: `python -m benchmarks [--quick]`, as `make bench` runs it.

Each benchmark runs as its own command, so that none inherits another's memory or threads. `--quick` makes few events
and one round and writes nothing: a check that everything runs, with figures that mean nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

BENCHMARKS = ("hot_path", "load")
QUICK = ("--events", "50000", "--rounds", "1", "--dry-run")
TIMEOUT_S = 1800


def main() -> None:
    """Run them in order; the first failure ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    args = QUICK if parser.parse_args().quick else ()
    for name in BENCHMARKS:
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *args], check=True, timeout=TIMEOUT_S)
    subprocess.run([sys.executable, "-m", "benchmarks.table"], check=True, timeout=TIMEOUT_S)


if __name__ == "__main__":
    main()
