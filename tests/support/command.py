"""The `hub` command as a process of its own, on a test's database.

In: arguments and extra HUB_ variables. Out: the finished process, or a running one.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.database import Database

COMMAND = [sys.executable, "-m", "analytics_hub.cli.main"]
WAIT_S = 60


def environment(db: Database | None, **variables: str) -> dict[str, str]:
    """The caller's environment without its HUB_ variables, with this database's addresses."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    if db is not None:
        clean |= {
            "HUB_OWNER_DSN": db.owner_dsn,
            "HUB_WRITER_DSN": db.writer_dsn,
            "HUB_MAINT_DSN": db.maint_dsn,
            "HUB_READER_DSN": db.reader_dsn,
        }
    return clean | variables


def hub(
    db: Database | None, *arguments: str, stdin: bytes = b"", cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs to its end; the caller looks at the exit status."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        env=environment(db, **variables),
        cwd=cwd,
        timeout=WAIT_S,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
