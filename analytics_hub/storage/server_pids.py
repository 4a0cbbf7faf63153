"""Which processes belong to the embedded server of a directory, and what a killed one leaves behind.

In: `ServerFiles`. Out: the live server's process id; a directory that a new server can start in. The locks of the hub's
own processes are `server_locks.py`.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

from analytics_hub.domain.errors import TryLater
from analytics_hub.storage.server_files import ServerFiles

_POLL_S = 0.05


def postmaster_pid(files: ServerFiles) -> int | None:
    """The process id of the live server of this directory. A file left by a dead one does not count, nor does a
    stranger who was given its number since."""
    pid = _pid_in(files.pid_file)
    return pid if pid is not None and _is_of_cluster(pid, files) else None


def _pid_in(lock_file: Path) -> int | None:
    try:
        return int(lock_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _is_of_cluster(pid: int, files: ServerFiles) -> bool:
    """True for a live process of this directory's server: all of them work inside it."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            return (
                process.name() == "postgres"
                and process.status() != psutil.STATUS_ZOMBIE
                and Path(process.cwd()) == files.pgdata
            )
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # denied: another user's, so not our server's
        return False


def clear_after_crash(files: ServerFiles, ends_s: float) -> None:
    """Readies a directory whose server was killed. Its orphans are ended first, as the server itself ends its
    children after a crash: one that went on writing beside a new server would destroy the data. The lock files stay for
    the server to judge, but where it would judge wrong: a number that lives on in a zombie or in a stranger."""
    if not files.pid_file.exists():
        return
    while orphans := [pid for pid in psutil.pids() if _is_of_cluster(pid, files)]:
        if time.monotonic() >= ends_s:
            raise TryLater(
                "server_slow", f"processes {orphans} of a killed server in {files.directory} do not end"
            )
        for orphan in orphans:
            with suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
        time.sleep(_POLL_S)
    for lock_file in (files.pid_file, files.socket_lock):
        pid = _pid_in(lock_file)
        if pid is not None and psutil.pid_exists(pid):
            lock_file.unlink()
