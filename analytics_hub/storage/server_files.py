"""Where the embedded server's files lie and which system user owns them; no process is started here.

In: the data directory that the operator asked for. Out: `ServerFiles`, every path of it checked to be reachable by the
user that the server will run as. Processes are `server_process.py`; sharing and locks are `embedded.py`.

    <data_dir>/users.lock start.lock serve.lock    0600
               pgdata/    the cluster              0700, of the server's user
               run/       the unix socket          0700, of the server's user (elsewhere when the path is too long)
               log/       what the server said     0700, of the server's user
               postgres-18.6/   the binaries, only when the server's user cannot read the installed ones

Permissions of folders that are not ours are never changed: a home directory that the server's user cannot enter (0700
/root) makes the default directory move to SYSTEM_DATA_DIR, and a directory that was asked for by name is refused with
the reason.
"""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from analytics_hub.domain.errors import InvalidInput, NotAllowed
from analytics_hub.storage.server_binaries import installed_binaries, reachable_install
from analytics_hub.storage.server_user import ServerUser, closed_to, server_user

DEFAULT_DATA_DIR = Path("~/.local/share/llm-analytics-hub")
SYSTEM_DATA_DIR = Path("/var/lib/llm-analytics-hub")  # where root's servers go when its home is closed
SOCKET_PATH_BYTES_MAX = 107  # sockaddr_un.sun_path less its final zero
SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """The places of one embedded server. `notice` tells the operator when they are not where they asked."""

    directory: Path
    socket_dir: Path
    install: Path
    user: ServerUser
    notice: str = ""

    @property
    def pgdata(self) -> Path:
        return self.directory / "pgdata"

    @property
    def pid_file(self) -> Path:
        return self.pgdata / "postmaster.pid"

    @property
    def socket_lock(self) -> Path:
        return self.socket_dir / f"{SOCKET_NAME}.lock"

    @property
    def log_dir(self) -> Path:
        return self.directory / "log"

    @property
    def users_lock(self) -> Path:
        return self.directory / "users.lock"

    @property
    def start_lock(self) -> Path:
        return self.directory / "start.lock"

    @property
    def serve_lock(self) -> Path:
        return self.directory / "serve.lock"

    def binary(self, name: str) -> Path:
        return self.install / "bin" / name


def server_files(data_dir: Path, system_dir: Path = SYSTEM_DATA_DIR) -> ServerFiles:
    """Makes the directory where it is missing and says where everything lies; `system_dir` is where the default
    directory moves to from a home that the server's user cannot enter."""
    directory = data_dir.expanduser().resolve()
    notice = ""
    user = server_user(directory)
    closed = closed_to(user, directory)
    if closed is not None:
        if directory != DEFAULT_DATA_DIR.expanduser().resolve():
            raise NotAllowed(
                "data_dir_unreachable",
                f"the server runs as user {user.name}, who cannot enter {closed}; choose another HUB_DATA_DIR, "
                f"such as {system_dir}, or open that folder to {user.name} (chmod o+x)",
                field="HUB_DATA_DIR",
            )
        notice = f"user {user.name}, who runs the server, cannot enter {closed}: the data is in {system_dir}"
        directory = system_dir
        user = server_user(directory)
    _make(directory, enter=not user.is_us)
    files = ServerFiles(directory, directory, directory, user, notice)
    for path in (files.log_dir, directory / "run"):
        _make_owned(path, user)
    install = reachable_install(installed_binaries(), directory, user)
    return ServerFiles(directory, _socket_dir(directory, user), install, user, notice)


def _make(directory: Path, *, enter: bool) -> None:
    """Makes the data directory and its parents where they are missing; what is there keeps its mode. `enter` lets
    another user pass through, not look."""
    try:
        for step in [step for step in reversed(directory.parents) if not step.exists()]:
            step.mkdir(exist_ok=True)
            step.chmod(0o755)
        if not directory.exists():
            directory.mkdir(exist_ok=True)
            directory.chmod(0o711 if enter else 0o700)  # whatever the umask says
    except OSError as error:
        raise InvalidInput(
            "data_dir_not_made", "HUB_DATA_DIR", f"cannot make {directory}: {error.strerror}"
        ) from error


def _make_owned(path: Path, user: ServerUser) -> None:
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        if path.stat().st_uid != user.uid:
            os.chown(path, user.uid, user.gid)
    except PermissionError as error:
        raise NotAllowed(
            "data_dir_of_another_user", f"cannot make {path} for user {user.name}", field="HUB_DATA_DIR"
        ) from error


def _socket_dir(directory: Path, user: ServerUser) -> Path:
    inside = directory / "run"
    if len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX:
        return inside
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"llm-analytics-hub-{user.uid}-{digest}"
    _make_owned(short, user)
    found = short.lstat()
    # The temporary folder is everybody's: somebody else may have laid a trap under this name first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != user.uid or stat.S_IMODE(found.st_mode) != 0o700:
        raise NotAllowed(
            "socket_dir_taken", f"{short} is not a private folder of user {user.name}; remove it"
        )
    return short
