"""The PostgreSQL process itself: initdb, start, stop. Callers hold the start lock (`embedded.py`).

In: `ServerFiles`. Out: a server that accepts connections on its unix socket, or an error with the end of its log.
The server's own `pg_ctl` does the waiting and detaches the server from our terminal and process group.
"""

import os
import re
import subprocess
import time

import psycopg
from psycopg.conninfo import make_conninfo

from analytics_hub.domain.errors import Broken, Conflict, TryLater
from analytics_hub.storage.server_binaries import remove_tree
from analytics_hub.storage.server_config import CONFIG_NAME, write_config
from analytics_hub.storage.server_files import ServerFiles
from analytics_hub.storage.server_locks import FileLock
from analytics_hub.storage.server_pids import clear_after_crash, postmaster_pid

ADMIN_ROLE = "postgres"  # the superuser that initdb makes: bootstrap and tests only, never a serving process
_INITDB_S = 60  # 0.5 s measured; slow disks sync for long
_STOP_S = 60  # a fast stop writes one checkpoint
_POLL_S = 0.05
_LOG_TAIL_BYTES = 2000


def admin_conninfo(files: ServerFiles, dbname: str = "postgres") -> str:
    return make_conninfo(host=str(files.socket_dir), port=5432, user=ADMIN_ROLE, dbname=dbname)


def answers(files: ServerFiles) -> bool:
    """True when a server accepts connections on the socket right now."""
    try:
        psycopg.connect(admin_conninfo(files), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_running(files: ServerFiles, lock: FileLock, *, durable: bool, wait_s: float) -> None:
    """Adopts a server that runs, waits for one that starts or recovers, starts one otherwise."""
    ends_s = time.monotonic() + wait_s
    if _await_answer(files, ends_s):
        return
    clear_after_crash(files, ends_s)
    _initialise(files, lock, durable=durable)
    try:
        _start(files, durable=durable, wait_s=max(1.0, ends_s - time.monotonic()))
    except Broken:
        # A process killed while it started a server may have left one that got up just before ours.
        if not _await_answer(files, ends_s):
            raise


def _await_answer(files: ServerFiles, ends_s: float) -> bool:
    """True once the server answers, False when there is none."""
    while not answers(files):
        if postmaster_pid(files) is None:
            return False
        if time.monotonic() >= ends_s:
            raise TryLater(
                "server_slow", f"the server in {files.directory} does not answer in the given time"
            )
        time.sleep(_POLL_S)
    return True


def stop(files: ServerFiles, lock: FileLock) -> None:
    """A fast stop: open transactions are rolled back, a checkpoint is written. Forced when that takes too long."""
    for mode, wait_s in (("fast", _STOP_S), ("immediate", 10)):
        if postmaster_pid(files) is None:
            return
        done = _run(
            files,
            ["pg_ctl", "stop", "-D", str(files.pgdata), "-m", mode, "-w", "-t", str(wait_s)],
            wait_s + 5,
            lock,
        )
        if done.returncode == 0:
            return
    if postmaster_pid(files) is not None:
        raise Broken(
            "server_not_stopped", f"the server in {files.directory} does not stop: {_log_tail(files)}"
        )


def _initialise(files: ServerFiles, lock: FileLock, *, durable: bool) -> None:
    version_file = files.pgdata / "PG_VERSION"
    major = _binary_major(files)
    if version_file.exists():
        found = version_file.read_text().strip()
        if found != major:
            raise Conflict(
                "server_version",
                f"{files.pgdata} was made by PostgreSQL {found}, this hub brings {major}: dump the data with the old "
                "version and load it with the new one, or choose another HUB_DATA_DIR",
            )
        return
    if files.pgdata.exists() and any(files.pgdata.iterdir()):
        raise Conflict("not_a_cluster", f"{files.pgdata} is not empty and holds no PostgreSQL cluster")
    # Under another name first: an initdb that was killed half way leaves no cluster behind.
    new = files.directory / "pgdata.new"
    remove_tree(new)
    new.mkdir(mode=0o700)
    os.chown(new, files.user.uid, files.user.gid)
    command = ["initdb", "-D", str(new), f"--username={ADMIN_ROLE}", "--auth=trust", "--encoding=UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums"]
    done = _run(files, [*command, "--no-instructions", *([] if durable else ["--no-sync"])], _INITDB_S, lock)
    if done.returncode != 0:
        raise Broken(
            "server_not_made", f"initdb in {new} failed: {done.stderr.strip() or done.stdout.strip()}"
        )
    with (new / "postgresql.conf").open("a", encoding="utf-8") as config:
        config.write(f"include '{CONFIG_NAME}'\n")
    if files.pgdata.exists():
        files.pgdata.rmdir()
    new.rename(files.pgdata)


def _start(files: ServerFiles, *, durable: bool, wait_s: float) -> None:
    write_config(files, durable=durable)
    start_log = files.log_dir / "start.log"
    start_log.unlink(missing_ok=True)
    command = [
        "pg_ctl",
        "start",
        "-D",
        str(files.pgdata),
        "-l",
        str(start_log),
        "-w",
        "-t",
        str(int(wait_s) + 1),
    ]
    done = _run(files, [*command, "-o", "-p 5432"], wait_s + 5)
    if done.returncode != 0:
        raise Broken(
            "server_not_started", f"the server in {files.directory} did not start: {_log_tail(files)}"
        )


def _run(
    files: ServerFiles, command: list[str], wait_s: float, lock: FileLock | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs one of the server's programs as the server's user, in a folder and an environment that are ours. With
    `lock` it shares the start lock: if we are killed, nobody else begins before it ends. Never for a start, whose
    child is the server itself."""
    other = None if files.user.is_us else files.user
    try:
        return subprocess.run(
            [str(files.binary(command[0])), *command[1:]],
            capture_output=True,
            text=True,
            timeout=wait_s,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=files.log_dir,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            umask=0o077,
            pass_fds=[lock.fileno()] if lock else [],
            process_group=0,  # Ctrl-C is for us; cutting pg_ctl off would leave the server to itself
            user=other.uid if other else None,
            group=other.gid if other else None,
            extra_groups=[] if other else None,
        )
    except subprocess.TimeoutExpired as error:
        raise TryLater("server_slow", f"{command[0]} in {files.directory} took over {wait_s:g} s") from error


def _binary_major(files: ServerFiles) -> str:
    done = _run(files, ["postgres", "--version"], 10)
    found = re.search(r"PostgreSQL\) (\d+)", done.stdout)
    if found is None:
        raise Broken("no_server_binaries", f"{files.binary('postgres')} does not run: {done.stderr.strip()}")
    return found[1]


def _log_tail(files: ServerFiles) -> str:
    """The end of the newest log, for an error message."""
    logs = sorted(files.log_dir.glob("*.log"), key=lambda path: path.stat().st_mtime)
    text = "".join(path.read_text(errors="replace")[-_LOG_TAIL_BYTES:] for path in logs[-2:])
    return text.strip() or f"nothing in {files.log_dir}"
