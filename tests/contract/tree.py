"""The tracked files of this checkout, for the contract tests."""

import subprocess
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]


@cache
def tracked() -> tuple[PurePosixPath, ...]:
    """Every file that git tracks or would track (new, not ignored), without those just deleted."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=30,
    )
    names = sorted(set(listed.stdout.decode().split("\0")) - {""})
    return tuple(PurePosixPath(name) for name in names if (ROOT / name).is_file())


def text_of(path: PurePosixPath) -> str:
    """The content of a tracked text file."""
    return (ROOT / path).read_text(encoding="utf-8")
