"""Advisory file locks with a deadline: who starts, who uses and who serves from one data directory.

In: a path inside the data directory. Out: a held lock, or an error that says who holds it. The kernel drops a lock when
its process dies in any way, so nothing is ever left behind. For locks inside the database see `closer.py`.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics_hub.domain.errors import TryLater

_POLL_S = 0.02  # short beside a server start (0.1 s and more), long beside a system call


class FileLock:
    """One open lock file. Two FileLocks on one path exclude each other even inside one process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # 0o600: only who may reach the data may hold it up.
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.geteuid() == 0:  # root visiting somebody's directory must not lock its owner out
            owner = path.parent.stat()
            os.fchown(self._fd, owner.st_uid, owner.st_gid)

    def fileno(self) -> int:
        """For a child process to inherit: then the lock is held until both are gone."""
        return self._fd

    def close(self) -> None:
        """Gives the lock back. Closing is enough: the lock belongs to the open file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def try_exclusive(self) -> bool:
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    def sign(self) -> None:
        """Writes our process id into the file, for the one who is refused."""
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def signed_by(self) -> str:
        """The process id of the last one who signed, for messages only."""
        return os.pread(self._fd, 32, 0).decode(errors="replace").strip() or "unknown"

    def _try(self, mode: int) -> bool:
        try:
            fcntl.flock(self._fd, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def exclusive(
    path: Path, wait_s: float, *, doing: str = "starting or stopping the server in"
) -> Iterator[FileLock]:
    """Holds the lock for the block; TryLater when it is not free within the deadline. `doing` stands before the
    folder in its message."""
    lock = FileLock(path)
    try:
        ends_s = time.monotonic() + wait_s
        while not lock.try_exclusive():
            if time.monotonic() >= ends_s:
                raise TryLater(
                    "server_busy",
                    f"process {lock.signed_by()} has been {doing} {path.parent} for more than {wait_s:g} s",
                )
            time.sleep(_POLL_S)
        lock.sign()
        yield lock
    finally:
        lock.close()
