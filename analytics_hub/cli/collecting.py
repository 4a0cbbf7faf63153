"""Builds the collector from the settings: who is asking, its tenants, its threads, and what makes bodies durable:
the group commit of the embedded mode, or Kafka.

In: an opened hub. Out: a `Collector` for `serving.py` and `collector.py`, closed with the block. Refused at the start:
a schema that this program does not fit, a role that could step over the barrier.
"""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Final

import structlog

from analytics_hub.cli.announcing import open_announcer
from analytics_hub.cli.authenticating import open_last_use
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.cli.prices import book_in_force
from analytics_hub.cli.services import check_reader, open_readers
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.storage.connections import Timeouts, assert_serving_role, connect
from analytics_hub.storage.key_store import PostgresKeyStore
from analytics_hub.storage.migrate import check_schema
from analytics_hub.storage.tenant_rules import PostgresTenantRules
from analytics_hub.tenancy.authenticate import Authenticates, Authenticator
from ingest.deadline import Deadline, cut_off
from ingest.decode import Decoder
from ingest.failpoint import Failpoints
from ingest.flush import PostgresSink
from ingest.group_commit import GroupCommit, flush_settings
from ingest.http.collector import Collector
from ingest.kafka.producer import StreamProducer
from ingest.kafka.sink import KafkaAcceptor
from ingest.observed import ObservedSink
from ingest.ports import Acceptor
from ingest.postgres.announce import AnnouncingSink
from ingest.tenant_directory import TenantDirectory
from rust_core import SeriesCache

_NAME: Final = "hub-collector"
_LOG = structlog.get_logger(__name__)


@contextmanager
def open_collector(hub: OpenedHub, authenticator: Authenticates, acceptor: Acceptor) -> Iterator[Collector]:
    """The collector in front of an acceptor, inside the event loop that will use it."""
    settings, clock = hub.settings.collector, SystemClock()
    connect_s = hub.settings.database.connect_timeout_s
    writer = partial(connect, hub.dsn("hub_writer"), _NAME, Timeouts(connect_s=connect_s))
    tenants = PostgresTenantRules(
        writer, lambda fileno: cut_off(Deadline.after(clock, settings.look_up_wait_s), fileno)
    )
    directory = TenantDirectory(
        tenants.load,
        clock,
        cache_s=settings.tenant_cache_s,
        cache_max=settings.tenant_cache_max,
        stale_s=settings.key_stale_s,
    )
    with ThreadPoolExecutor(settings.inflate_threads, thread_name_prefix="hub-inflate") as threads:
        try:
            yield Collector(
                acceptor, authenticator, directory, settings=settings, clock=clock, inflate_threads=threads
            )
        finally:
            tenants.close()


@asynccontextmanager
async def open_group_commit(hub: OpenedHub) -> AsyncIterator[GroupCommit]:
    """The embedded mode's acceptor."""
    settings = hub.settings
    check_writer(hub)
    failpoints = Failpoints.parse(settings.faults.failpoints, settings.faults.failpoint_seed)
    timeouts = Timeouts(connect_s=settings.database.connect_timeout_s)

    with open_announcer(hub, _NAME) as announcer:

        def make_sink() -> AnnouncingSink:
            sink = PostgresSink(
                lambda: connect(hub.dsn("hub_writer"), _NAME, timeouts),
                flush_settings(settings.flush, settings.collector),
                SystemClock(),
                cache=SeriesCache(settings.ingest.series_cache_max),
                failpoints=failpoints,
            )
            return AnnouncingSink(ObservedSink(sink), announcer)

        decoder = Decoder(
            settings.decode, book_in_force(hub), settings.ingest.dead_letter_bytes_per_flush_max
        )
        commits = GroupCommit(make_sink, decoder, settings.collector, settings.ingest)
        async with _drained(commits):
            yield commits


@asynccontextmanager
async def open_kafka_acceptor(hub: OpenedHub) -> AsyncIterator[KafkaAcceptor]:
    """The acceptor through the broker. The broker may be away now: bodies are answered with 503 until it is back."""
    settings = hub.settings
    check_writer(hub)
    failpoints = Failpoints.parse(settings.faults.failpoints, settings.faults.failpoint_seed)
    producer = StreamProducer(settings.kafka, settings.producer)
    acceptor = KafkaAcceptor(producer, settings.producer, settings.decode, failpoints=failpoints)
    async with _drained(acceptor):
        yield acceptor


@asynccontextmanager
async def open_authenticator(hub: OpenedHub) -> AsyncIterator[Authenticator]:
    """Who is asking, over connections of its own. Known keys stay good for a while when the database is away: what
    was accepted then waits in Kafka.
    """
    settings = hub.settings
    check_reader(hub)
    clock = SystemClock()
    async with (
        open_readers(hub, _NAME, wait_s=settings.collector.look_up_wait_s, serves=False) as pool,
        open_last_use(settings, pool, clock) as uses,
    ):
        yield Authenticator(
            PostgresKeyStore(pool),
            clock,
            cache_s=settings.api.key_cache_s,
            cache_max=settings.api.key_cache_max,
            stale_s=settings.collector.key_stale_s,
            wait_s=settings.collector.look_up_wait_s,
            used=uses.note,
        )


@asynccontextmanager
async def _drained(acceptor: Acceptor) -> AsyncIterator[None]:
    """A clean stop has drained it before; after a fault or a second signal nobody waits any more."""
    try:
        yield
    finally:
        try:
            await acceptor.drain(0)
        except TryLater as error:
            _LOG.error("stopped before everything was durable", error=str(error))


def check_writer(hub: OpenedHub) -> None:
    """Raises when this program must not write to this database."""
    with connect(hub.dsn("hub_writer"), "hub-check") as conn:
        check_schema(conn)
        assert_serving_role(conn)
