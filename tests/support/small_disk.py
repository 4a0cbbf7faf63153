"""A file system that is soon full, and a server with a part of its cluster on it.

In: a folder, a size. Out: `SmallDisk`, to be filled to the last byte and given room again. Root mounts it; anybody else
does so in a mount namespace of their own, which is looked into through /proc. Where neither is allowed, the test is
skipped and says why.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from analytics_hub.storage import server_process
from analytics_hub.storage.embedded import Server
from analytics_hub.storage.server_files import ServerFiles
from analytics_hub.storage.server_locks import exclusive
from tests.support.database import Database
from tests.support.own_server import WAIT_S, a_server, prepared

DISK_MB = 96
_PIECES_BYTES = (1 << 20, 4096)


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """`folder` is its top."""

    folder: Path

    def fill(self) -> None:
        """Not a byte is left."""
        with (self.folder / "ballast").open("ab", buffering=0) as ballast:
            for size in _PIECES_BYTES:
                with suppress(OSError):
                    while ballast.write(bytes(size)) == size:
                        pass

    def make_room(self) -> None:
        (self.folder / "ballast").unlink()


@dataclass(frozen=True, slots=True)
class FullServer:
    """A server whose disk can be filled."""

    server: Server
    disk: SmallDisk
    db: Database
    part: str

    def said_so(self) -> bool:
        """The server has met the full disk: it refused a statement, or, where its log had no room, went down."""
        logs = "".join(log.read_text(errors="replace") for log in self.server.files.log_dir.glob("*.log"))
        return "No space left on device" in logs and ("PANIC" in logs) == (self.part == "pg_wal")

    def revive(self) -> None:
        """As whoever keeps it would: started when it is down, waited for while it recovers."""
        files = self.server.files
        with exclusive(files.start_lock, WAIT_S) as lock:
            server_process.ensure_running(files, lock, durable=True, wait_s=WAIT_S)


@contextmanager
def server_with_little_room(data_dir: Path, part: str) -> Iterator[FullServer]:
    """`part` of the cluster's directory lies on the small disk: `base` for the tables, `pg_wal` for the log."""
    with a_server(data_dir) as server:
        db = prepared(server)
    place = data_dir.parent / "small"
    place.mkdir()
    with a_small_disk(place, DISK_MB) as disk:
        _move(server.files, part, disk)
        with a_server(data_dir) as again:
            full = FullServer(again, disk, db, part)
            try:
                yield full
            finally:
                if (disk.folder / "ballast").exists():  # its stop writes a checkpoint
                    disk.make_room()


def _move(files: ServerFiles, part: str, disk: SmallDisk) -> None:
    old, new = files.pgdata / part, disk.folder / part
    subprocess.run(["cp", "-a", old, new], check=True)
    shutil.rmtree(old)
    old.symlink_to(new)


@contextmanager
def a_small_disk(place: Path, size_mb: int) -> Iterator[SmallDisk]:
    """An empty file system, mounted here for as long as the block lasts."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0755", "tmpfs", str(place)]
    with ExitStack() as stack:
        if os.geteuid() == 0:
            done = subprocess.run(mount, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                pytest.skip(f"no small file system could be mounted: {done.stderr.strip()}")
            stack.callback(subprocess.run, ["umount", "--lazy", str(place)], check=True)
            yield SmallDisk(place)
            return
        apart = ["unshare", "--user", "--map-root-user", "--mount"]
        pipe = subprocess.PIPE
        holder = stack.enter_context(
            subprocess.Popen(
                [*apart, "sh", "-c", '"$@" && echo on && cat', "sh", *mount],
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                text=True,
            )
        )
        assert holder.stdout is not None
        assert holder.stderr is not None
        if holder.stdout.readline() != "on\n":
            pytest.skip(f"no small file system could be mounted: {holder.stderr.read().strip()}")
        yield SmallDisk(Path(f"/proc/{holder.pid}/root{place}"))
