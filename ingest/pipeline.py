"""The journey of a source into the sink: read ∥ decode ∥ flush, joined by queues that hold a few batches at
most.

    thread "read"    source.blocks() ──▶ queue of blocks
    thread "decode"  buffer ▶ rust_core: decode, price, roll up, encode ──▶ queue of batches
    caller's thread  sink.flush ──▶ progress

In: a source, the tenant's rules, a sink. Out: `Loaded`. While PostgreSQL copies one batch on one core, the
other core decodes the next; the core and the socket both run without the interpreter's lock. An error of any
stage stops all three and is raised to the caller; what was flushed before it stays, and loading again stores
the rest. Steps of the flush: `flush.py`; what a batch is: `buffer.py`.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from analytics_hub.domain.clock import Clock, unix_us
from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.settings import IngestSettings
from ingest.buffer import BatchBuffer
from ingest.decode import Decoder, PreparedBatch
from ingest.failpoint import Failpoints
from ingest.ports import Block, EventSink, EventSource, Fence
from ingest.stages import Stages
from rust_core import Message, Reject, TenantRules

_IDLE_S = 0.2  # how soon a stop is noticed while the source is silent
REJECTS_SHOWN_MAX = 1_000  # rejects kept for the summary; the dead letters have them all


@dataclass(frozen=True, slots=True)
class Progress:
    """After each flush: how far the source is."""

    source_bytes: int
    count: LedgerCount


@dataclass(slots=True)
class Loaded:
    """What a whole source came to."""

    count: LedgerCount = field(default_factory=LedgerCount)
    flushes: int = 0
    source_bytes: int = 0
    rejects: list[Reject] = field(default_factory=list)
    """The first ones, up to `REJECTS_SHOWN_MAX`."""
    reject_codes: dict[str, int] = field(default_factory=dict)
    """How many of each code, of those whose payload was kept."""
    warnings: dict[str, int] = field(default_factory=dict)
    """Oddities that cost no event its place."""


@dataclass(frozen=True, slots=True)
class _Work:
    prepared: PreparedBatch
    source_bytes: int
    next_offset: int | None


class Pipeline:
    """Loads sources of one tenant through one decoder into one sink."""

    def __init__(
        self,
        decoder: Decoder,
        sink: EventSink,
        settings: IngestSettings,
        clock: Clock,
        *,
        failpoints: Failpoints | None = None,
    ) -> None:
        self._decoder = decoder
        self._sink = sink
        self._settings = settings
        self._clock = clock
        self._failpoints = failpoints or Failpoints()

    def run(
        self,
        source: EventSource,
        tenant: TenantRules,
        *,
        fence: Fence | None = None,
        progress: Callable[[Progress], None] = lambda _progress: None,
        stop: threading.Event | None = None,
    ) -> Loaded:
        """Load the source to its end, or until `stop` is set: then what is buffered is still stored."""
        stages = Stages(stop or threading.Event())
        blocks: queue.Queue[Block | None] = queue.Queue(self._settings.queue_batches_max)
        batches: queue.Queue[_Work | None] = queue.Queue(self._settings.queue_batches_max)
        stages.start("read", lambda: self._read(source, blocks, stages))
        stages.start("decode", lambda: self._decode(source.origin, tenant, blocks, batches, stages))
        loaded = Loaded()
        try:
            while (work := stages.get(batches)) is not None:
                flushed = self._sink.flush(work.prepared, fence, work.next_offset or 0)
                fence = flushed.fence
                _account(loaded, work, flushed.count)
                progress(Progress(loaded.source_bytes, loaded.count))
        finally:
            stages.finish()
        stages.raise_error()
        return loaded

    def _read(self, source: EventSource, blocks: "queue.Queue[Block | None]", stages: Stages) -> None:
        for block in source.blocks():
            stages.put(blocks, block)
            if stages.asked_to_stop:
                break
        stages.put(blocks, None)

    def _decode(
        self,
        origin: str,
        tenant: TenantRules,
        blocks: "queue.Queue[Block | None]",
        batches: "queue.Queue[_Work | None]",
        stages: Stages,
    ) -> None:
        buffer = BatchBuffer(self._settings, self._clock)

        def hand_over() -> None:
            if len(buffer):
                stages.put(batches, self._prepared(origin, tenant, buffer.take()))

        while True:
            try:
                block = stages.get(blocks, buffer.wait_s() if len(buffer) else _IDLE_S)
            except queue.Empty:
                hand_over()
                if stages.asked_to_stop:
                    break  # the source is silent: nobody knows for how long
                continue
            if block is None:
                break
            if not buffer.has_room_for(block):
                hand_over()
            buffer.add(block)
            if buffer.is_full:
                hand_over()
        hand_over()
        stages.put(batches, None)

    def _prepared(self, origin: str, tenant: TenantRules, blocks: list[Block]) -> _Work:
        received_at_us = unix_us(self._clock.now())
        messages = [
            Message(
                tenant,
                received_at_us,
                block.payload,
                format=block.format,
                origin=origin,
                base_position=block.base_position,
            )
            for block in blocks
        ]
        prepared = self._decoder.decode(messages)
        prepared.encode()
        self._failpoints.hit("pipeline.after_decode")
        return _Work(prepared, sum(block.source_bytes for block in blocks), blocks[-1].next_offset)


def _account(loaded: Loaded, work: _Work, count: LedgerCount) -> None:
    loaded.count += count
    loaded.flushes += 1
    loaded.source_bytes += work.source_bytes
    rejects = work.prepared.rejects()
    loaded.rejects += rejects[: max(0, REJECTS_SHOWN_MAX - len(loaded.rejects))]
    for reject in rejects:
        loaded.reject_codes[reject.code] = loaded.reject_codes.get(reject.code, 0) + 1
    for name, times in work.prepared.batch.warnings.items():
        if times:
            loaded.warnings[name] = loaded.warnings.get(name, 0) + times
