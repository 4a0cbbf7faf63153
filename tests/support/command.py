"""The `hub` command on a test's database: as a process of its own, or in this one (quicker).

In: arguments and extra HUB_ variables. Out: the finished process, a running one, or what the command printed.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from analytics_hub.cli.main import app
from tests.support.database import Database

COMMAND = [sys.executable, "-m", "analytics_hub.cli.main"]
WAIT_S = 180


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
    # A process more for each that is started; the tests of jobs ask for it.
    return clean | {"HUB_JOBS_BESIDE_UP": "false"} | variables


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


class Run:
    """Runs commands in this process, on the database of its environment."""

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin)

    def good(self, *arguments: str, stdin: bytes = b"") -> str:
        done = self(*arguments, stdin=stdin)
        assert done.exit_code == 0, done.output
        return done.stdout

    def bad(self, *arguments: str) -> str:
        """The one line that an error is told in."""
        done = self(*arguments)
        assert done.exit_code == 1
        assert "Traceback" not in done.output
        return done.stderr


def run_on(db: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in environment(db).items():
        monkeypatch.setenv(name, value)
    return Run()
