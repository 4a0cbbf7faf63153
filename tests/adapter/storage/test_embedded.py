"""The embedded server's life: shared, stopped by the last, unharmed by kill -9, one serving process."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from analytics_hub.domain.errors import Conflict, TryLater
from analytics_hub.storage.embedded import Server, ServerInUse, embedded_server
from analytics_hub.storage.server_locks import FileLock
from analytics_hub.storage.server_pids import postmaster_pid
from analytics_hub.storage.server_process import answers

WAIT_S = 180

# Attaches, says so, and waits to be killed or told to go.
HOLDER = """
    import sys
    from pathlib import Path
    from analytics_hub.storage.embedded import embedded_server
    with embedded_server(Path(sys.argv[1]), wait_s=60, serve="serve" in sys.argv[2:], durable=False):
        print("up", flush=True)
        sys.stdin.readline()
"""


@contextmanager
def holder(data_dir: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses (or, with the word `serve`, serves from) the directory; told to go at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(data_dir), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.communicate("go\n", timeout=WAIT_S)
    finally:
        process.kill()
        process.communicate(timeout=WAIT_S)


@pytest.fixture
def use(data_dir: Path) -> Iterator[Callable[..., AbstractContextManager[Server]]]:
    """`with use() as server`; whatever a test leaves running is adopted and stopped at its end."""

    def attach(*, serve: bool = False) -> AbstractContextManager[Server]:
        return embedded_server(data_dir, wait_s=WAIT_S, serve=serve, durable=False)

    yield attach
    with attach():
        pass


Use = Callable[..., AbstractContextManager[Server]]


def pid_of(server: Server) -> int:
    pid = postmaster_pid(server.files)
    assert pid is not None
    return pid


def write_table(server: Server) -> None:
    with psycopg.connect(server.admin_dsn(), autocommit=True) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def read_table(server: Server) -> object:
    with psycopg.connect(server.admin_dsn()) as conn:
        return conn.execute("SELECT answer FROM kept").fetchall()


def test_the_last_user_stops_the_server(use: Use) -> None:
    with use() as first:
        with use() as second:
            assert pid_of(first) == pid_of(second)
        assert answers(first.files)
    assert postmaster_pid(first.files) is None


def test_another_process_attaches_and_may_be_the_last(use: Use, data_dir: Path) -> None:
    with use() as server:
        pid = pid_of(server)
        other = holder(data_dir)
        other.__enter__()
    assert postmaster_pid(server.files) == pid
    other.__exit__(None, None, None)
    assert postmaster_pid(server.files) is None


def test_what_was_written_is_there_after_a_restart(use: Use) -> None:
    with use() as server:
        write_table(server)
    with use() as server:
        assert read_table(server) == [(42,)]


def test_a_server_whose_user_was_killed_is_adopted(use: Use, data_dir: Path) -> None:
    with holder(data_dir) as process:
        process.kill()
        process.wait(WAIT_S)
        with use() as server:
            assert answers(server.files)
    assert postmaster_pid(server.files) is None


def test_a_killed_server_recovers_at_the_next_start(use: Use) -> None:
    with use() as server:
        write_table(server)
        pid = pid_of(server)
        os.kill(pid, signal.SIGKILL)
        ends_s = time.monotonic() + WAIT_S
        while answers(server.files) and time.monotonic() < ends_s:
            time.sleep(0.02)
    assert (server.files.pgdata / "postmaster.pid").exists()
    with use() as again:
        assert pid_of(again) != pid
        assert read_table(again) == [(42,)]


def test_a_stale_file_that_names_a_living_stranger_does_no_harm(use: Use) -> None:
    with use() as server:
        path = server.files.pgdata / "postmaster.pid"
        lines = path.read_text().splitlines()
    with holder(server.directory.parent / "other") as stranger:
        path.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with use() as again:
            assert answers(again.files)


def test_an_interrupted_first_start_is_begun_again(use: Use, data_dir: Path) -> None:
    half = data_dir / "pgdata.new"
    half.mkdir(parents=True)
    data_dir.chmod(0o711)
    (half / "PG_VERSION").write_text("18\n")
    with use() as server:
        assert answers(server.files)
    assert not half.exists()


def test_a_second_serving_process_is_refused_with_the_first_ones_number(use: Use, data_dir: Path) -> None:
    with (
        holder(data_dir, "serve") as process,
        pytest.raises(ServerInUse, match=rf"process {process.pid} already serves from {data_dir}"),
        use(serve=True),
    ):
        pass


def test_other_commands_attach_beside_a_serving_process(use: Use, data_dir: Path) -> None:
    with holder(data_dir, "serve"), use() as server:
        assert answers(server.files)


def test_a_killed_serving_process_frees_its_place(use: Use, data_dir: Path) -> None:
    with holder(data_dir, "serve") as process:
        process.kill()
        process.wait(WAIT_S)
        with use(serve=True) as server:
            assert answers(server.files)


def test_waiting_for_a_start_that_hangs_has_an_end(data_dir: Path) -> None:
    with embedded_server(data_dir, wait_s=WAIT_S, durable=False) as server:
        hanging = FileLock(server.files.start_lock)
        assert hanging.try_exclusive()
        with pytest.raises(TryLater, match="starting or stopping"), embedded_server(data_dir, wait_s=0.1):
            pass
        hanging.close()


def test_a_cluster_of_another_version_is_refused(use: Use) -> None:
    with use() as server:
        pass
    version = server.files.pgdata / "PG_VERSION"
    found = version.read_text()
    version.write_text("15\n")
    with pytest.raises(Conflict, match="made by PostgreSQL 15"), use():
        pass
    version.write_text(found)


def test_a_folder_with_something_else_in_it_is_refused(data_dir: Path) -> None:
    (data_dir / "pgdata").mkdir(parents=True)
    data_dir.chmod(0o711)
    (data_dir / "pgdata" / "letter.txt").write_text("dear")
    with (
        pytest.raises(Conflict, match="holds no PostgreSQL cluster"),
        embedded_server(data_dir, wait_s=WAIT_S),
    ):
        pass


def test_the_server_listens_on_its_socket_only(use: Use) -> None:
    with use() as server, psycopg.connect(server.admin_dsn()) as conn:
        rows = conn.execute(
            "SELECT current_setting('listen_addresses'), current_setting('fsync'), current_setting('data_checksums')"
        ).fetchone()
        assert rows == ("", "off", "on")
        assert oct(server.files.socket_dir.stat().st_mode & 0o777) == "0o700"


def test_the_server_is_durable_unless_told_otherwise(data_dir: Path) -> None:
    with embedded_server(data_dir, wait_s=WAIT_S) as server, psycopg.connect(server.admin_dsn()) as conn:
        row = conn.execute(
            "SELECT current_setting('fsync'), current_setting('full_page_writes'), "
            "current_setting('synchronous_commit')"
        ).fetchone()
    assert row == ("on", "on", "on")


def test_a_long_path_gets_its_socket_elsewhere(data_dir: Path) -> None:
    deep = data_dir / ("d" * 100)
    with embedded_server(deep, wait_s=WAIT_S, durable=False) as server:
        assert answers(server.files)
        assert not server.files.socket_dir.is_relative_to(deep)
    server.files.socket_dir.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_started_by_root_the_server_runs_as_somebody_else(use: Use) -> None:
    with use() as server:
        owner = Path(f"/proc/{pid_of(server)}").stat().st_uid
        assert owner == server.files.user.uid != 0
        assert server.files.pgdata.stat().st_uid == owner


def test_orphans_of_a_killed_server_are_ended_before_the_next_start(use: Use) -> None:
    with use() as server, psycopg.connect(server.admin_dsn(), autocommit=True) as busy:
        row = busy.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        # A stopped backend does not notice its server's death, as one deep in a long statement would not.
        os.kill(row[0], signal.SIGSTOP)
        os.kill(pid_of(server), signal.SIGKILL)
        orphan = psutil.Process(row[0])
        with use() as again:
            assert answers(again.files)
            assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


def test_a_process_killed_during_the_first_start_leaves_no_race(use: Use, data_dir: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(HOLDER), str(data_dir)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    ends_s = time.monotonic() + WAIT_S
    while not (data_dir / "pgdata.new").exists() and time.monotonic() < ends_s:
        time.sleep(0.001)
    process.kill()  # its initdb goes on for a moment, and keeps the start lock as long
    process.communicate()
    with use() as server:
        assert answers(server.files)
