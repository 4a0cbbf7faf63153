"""Builds a worker from the settings: its lanes, its decoder, its source. Used by `worker.py`; what it does is in
`ingest/worker`.

In: an opened hub. Out: a `Worker` and its board. Refused at the start: a schema that this program does not fit,
a role that could step over the barrier, a direct topic of a tenant that does not exist.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from analytics_hub.cli.announcing import open_announcer
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.cli.prices import book_in_force
from analytics_hub.domain.clock import SystemClock, from_unix_us
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.start_check import check_start
from analytics_hub.storage.tenant_rules import PostgresTenantRules
from analytics_hub.storage.unattributed import UnattributedMessage, keep_unattributed
from ingest.deadline import Deadline, cut_off
from ingest.decode import Decoder
from ingest.failpoint import Failpoints
from ingest.flush import PostgresSink
from ingest.kafka.source import KafkaSource
from ingest.observed import ObservedSink
from ingest.postgres.announce import AnnouncingSink
from ingest.records import Unattributed
from ingest.tenant_directory import TenantDirectory
from ingest.worker.board import Board
from ingest.worker.decoding import DecodeThread
from ingest.worker.lane import Lane
from ingest.worker.reading import Reader
from ingest.worker.work import Worker
from rust_core import SeriesCache

_NAME = "hub-worker"


@dataclass(frozen=True, slots=True)
class OpenedWorker:
    """A worker that has not begun, and the board that says how it is."""

    worker: Worker
    board: Board


@contextmanager
def open_worker(hub: OpenedHub) -> Iterator[OpenedWorker]:
    """Raises Conflict, Broken, InvalidInput or TryLater when it cannot start."""
    settings, clock = hub.settings, SystemClock()
    parts = _Parts(hub)
    with ExitStack() as stack:
        tenants = parts.tenant_rules()
        stack.callback(tenants.close)
        announcer = stack.enter_context(open_announcer(hub, _NAME))
        parts.check()
        board = Board(settings.ingest, settings.worker, clock)
        source = KafkaSource(settings.kafka, settings.worker, clock)
        directory = TenantDirectory(
            tenants.load,
            clock,
            cache_s=settings.api.key_cache_s,
            cache_max=settings.api.key_cache_max,
        )
        reader = Reader(directory, parts.direct_tenants(tenants), settings.worker, clock)
        failpoints = parts.failpoints
        decoder = Decoder(
            settings.decode, book_in_force(hub), settings.ingest.dead_letter_bytes_per_flush_max
        )
        decode = DecodeThread(board, reader, decoder, settings.worker, failpoints)
        threads = {"decode": decode.run}
        for number in range(settings.worker.connections):
            lane = Lane(
                board,
                AnnouncingSink(ObservedSink(parts.sink()), announcer),
                source.origin,
                keep=parts.keep,
                settings=settings.worker,
                failpoints=failpoints,
            )
            threads[f"lane-{number}"] = lane.run
        worker = Worker(
            source,
            board,
            threads,
            settings.worker,
            clock,
            commit_every_s=settings.kafka.commit_every_s,
            failpoints=failpoints,
        )
        yield OpenedWorker(worker, board)


class _Parts:
    """What needs an address of the database."""

    def __init__(self, hub: OpenedHub) -> None:
        self._settings = hub.settings
        self._clock = SystemClock()
        self._timeouts = Timeouts(connect_s=hub.settings.database.connect_timeout_s)
        self._connect = partial(connect, hub.dsn("hub_writer"), _NAME, self._timeouts)
        faults = hub.settings.faults
        self.failpoints = Failpoints.parse(faults.failpoints, faults.failpoint_seed)

    def check(self) -> None:
        check_start(self._connect)

    def tenant_rules(self) -> PostgresTenantRules:
        wait_s = self._settings.database.connect_timeout_s
        return PostgresTenantRules(
            self._connect, lambda fileno: cut_off(Deadline.after(self._clock, wait_s), fileno)
        )

    def direct_tenants(self, tenants: PostgresTenantRules) -> dict[str, int]:
        """Tenant by direct topic."""
        bound: dict[str, int] = {}
        for topic, slug in self._settings.kafka.direct_slugs().items():
            limits = tenants.load_by_slug(slug)
            if limits is None:
                raise InvalidInput(
                    "no_such_tenant",
                    "HUB_KAFKA_DIRECT_TOPICS",
                    f"topic {topic} is bound to {slug!r}, and there is no such tenant",
                )
            bound[topic] = limits.tenant_id
        return bound

    def sink(self) -> PostgresSink:
        return PostgresSink(
            self._connect,
            self._settings.flush,
            self._clock,
            cache=SeriesCache(self._settings.ingest.series_cache_max),
            failpoints=self.failpoints,
        )

    def keep(self, partition_key: str, messages: Sequence[Unattributed]) -> None:
        deadline = Deadline.after(self._clock, self._settings.flush.deadline_s)
        with self._connect() as conn, cut_off(deadline, conn.fileno()):
            keep_unattributed(
                conn,
                [_row(partition_key, message) for message in messages],
                kept_max=self._settings.worker.unattributed_kept_max,
            )


def _row(partition_key: str, message: Unattributed) -> UnattributedMessage:
    return UnattributedMessage(
        partition_key,
        message.offset,
        message.origin,
        from_unix_us(message.timestamp_ms * 1000) if message.timestamp_ms > 0 else None,
        message.code,
        message.reason,
        "\n".join(f"{name}: {(value or b'').decode('utf-8', 'replace')}" for name, value in message.headers),
        message.value,
    )
