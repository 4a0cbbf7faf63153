"""Builds the replay of dead letters from the settings, in front of whatever takes events in this process.

In: an opened hub, the letters and an acceptor. Out: a `ReplayService` for `serving.py` and `dead_letters.py`, closed
with the block. Tenants are looked up anew for each replay: whoever mends a rule replays at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.cli.prices import book_in_force
from analytics_hub.domain.clock import SystemClock
from analytics_hub.query.dead_letters import DeadLetterService
from analytics_hub.query.replay import ReplayService
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.replay_book import PostgresReplayBook
from analytics_hub.storage.tenant_rules import Guard, PostgresTenantRules
from ingest.dead_letter import DeadLetterReplayer
from ingest.deadline import Deadline, cut_off
from ingest.decode import Decoder
from ingest.ports import Acceptor
from ingest.tenant_directory import TenantDirectory

_NAME: Final = "hub-replay"


@contextmanager
def open_replays(hub: OpenedHub, letters: DeadLetterService, acceptor: Acceptor) -> Iterator[ReplayService]:
    settings, clock = hub.settings, SystemClock()
    connect_s = settings.database.connect_timeout_s
    writer = partial(connect, hub.dsn("hub_writer"), _NAME, Timeouts(connect_s=connect_s))
    guard: Guard = lambda fileno: cut_off(Deadline.after(clock, connect_s), fileno)  # noqa: E731  typed
    tenants = PostgresTenantRules(writer, guard)
    decoder = Decoder(settings.decode, book_in_force(hub), settings.ingest.dead_letter_bytes_per_flush_max)
    bounds = settings.dead_letter
    replayer = DeadLetterReplayer(
        decoder,
        TenantDirectory(tenants.load, clock, cache_s=0, cache_max=1),
        acceptor,
        bodies_max=bounds.replay_bodies_max,
        wait_s=bounds.replay_wait_s,
    )
    try:
        yield ReplayService(
            letters, replayer, PostgresReplayBook(writer, guard), letters_max=bounds.replay_max
        )
    finally:
        tenants.close()
