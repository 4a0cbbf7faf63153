"""The database that a command works on: the embedded server of the data directory, or the addresses of the
settings.

In: the settings. Out: `OpenedHub`, which gives addresses by role until the command ends. An embedded database
is made and migrated on the way; an external one is only checked, because changing it is the operator's
decision.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from analytics_hub.settings import Settings
from analytics_hub.storage.embedded import DATABASE, embedded_server
from analytics_hub.storage.migrate import bootstrap, migrate


@dataclass(frozen=True, slots=True)
class OpenedHub:
    """Addresses of one database, by role."""

    settings: Settings
    dsn: Callable[[str], str]
    place: str
    """Where the data is, for people."""
    notice: str = ""
    """What the operator should know about the place."""


@contextmanager
def opened(settings: Settings, *, serve: bool = False, upgrade: bool = True) -> Iterator[OpenedHub]:
    """The database, ready to be used. `serve=True` for the one process that serves from a data directory."""
    database = settings.database
    if not database.embedded:
        yield OpenedHub(settings, lambda role: _external_dsn(settings, role), "an external server")
        return
    with embedded_server(database.data_path, wait_s=database.server_start_s, serve=serve) as server:
        bootstrap(server.admin_dsn(), DATABASE)
        if upgrade:
            migrate(server.dsn("hub_owner"), wait_s=database.server_start_s)
        yield OpenedHub(settings, server.dsn, str(server.directory), server.notice)


def _external_dsn(settings: Settings, role: str) -> str:
    database = settings.database
    by_role = {
        "hub_owner": database.owner_dsn,
        "hub_writer": database.writer_dsn,
        "hub_maint": database.maint_dsn,
        "hub_reader": database.reader_dsn,
    }
    secret = by_role[role]
    if secret is None:
        raise ValueError(f"no address for {role}: the settings check all four together")
    return secret.get_secret_value()
