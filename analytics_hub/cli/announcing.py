"""Opens what tells other processes of commits, for every command that flushes; see `ingest/postgres/announce.py`.

In: an opened hub and the command's name in the database. Out: a `ChangeAnnouncer`, closed with the block.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.clock import SystemClock
from analytics_hub.storage.connections import Timeouts, connect
from ingest.postgres.announce import ChangeAnnouncer


@contextmanager
def open_announcer(hub: OpenedHub, application_name: str) -> Iterator[ChangeAnnouncer]:
    settings = hub.settings.live
    timeouts = Timeouts(
        connect_s=hub.settings.database.connect_timeout_s, statement_ms=int(settings.announce_wait_s * 1000)
    )
    announcer = ChangeAnnouncer(
        lambda: connect(hub.dsn("hub_writer"), application_name, timeouts),
        SystemClock(),
        every_s=settings.announce_every_s,
        wait_s=settings.announce_wait_s,
    )
    try:
        yield announcer
    finally:
        announcer.close()
