"""Which system user the embedded server runs as, and what that user can reach.

In: the data directory. Out: `ServerUser`. PostgreSQL refuses to run as root: started by root, the server runs as the
owner of an existing cluster, else as `postgres`, else as `nobody`. Everybody else runs it as themselves.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from analytics_hub.domain.errors import Broken, NotAllowed

SERVER_USERS = ("postgres", "nobody")  # tried in this order when we are root


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Who the server runs as; `name` is for messages."""

    uid: int
    gid: int
    name: str

    @property
    def is_us(self) -> bool:
        return self.uid == os.geteuid()


def server_user(directory: Path) -> ServerUser:
    """The user for the server of this data directory."""
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
        "noserver_user", "PostgreSQL does not run as root, and neither user postgres nor nobody exists"
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def closed_to(user: ServerUser, folder: Path) -> Path | None:
    """The first folder on the way down that the user cannot enter, by its mode bits; None when all are open."""
    if user.is_us:
        return None
    for step in [*reversed(folder.parents), folder]:
        if not step.is_dir():
            return None  # made by us later, with the right mode, or refused for what is in the way
        if not allows(step.stat(), user, 0o1):
            return step
    return None


def allows(found: os.stat_result, user: ServerUser, bits: int) -> bool:
    """Whether the mode bits give this user `bits` (4 read, 2 write, 1 enter or run)."""
    if found.st_uid == user.uid:
        return bool(found.st_mode & (bits << 6))
    if found.st_gid == user.gid:
        return bool(found.st_mode & (bits << 3))
    return bool(found.st_mode & bits)
