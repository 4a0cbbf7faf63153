"""The stages side by side: everything arrives, errors travel, a stop is clean, batches keep their bounds."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import IngestSettings, default_settings
from ingest.buffer import BatchBuffer
from ingest.decode import Decoder, PreparedBatch
from ingest.failpoint import Failpoints, Planted
from ingest.memory import MemorySink
from ingest.pipeline import Loaded, Pipeline, Progress
from ingest.ports import Block, Fence, Flushed
from rust_core import TenantRules

SETTINGS = default_settings()
RULES = TenantRules(1, "acme", None, ())
BOOK = load_price_book()
NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)


def _block(first: int, count: int) -> Block:
    lines = [b'{"id":"%d","model":"m","time":"2026-11-05T11:00:00Z"}' % (first + at) for at in range(count)]
    payload = b"\n".join(lines)
    return Block(payload, "ndjson", first, count, len(payload))


@dataclass
class Source:
    """Blocks from memory."""

    some: list[Block]
    between: Callable[[], None] = lambda: None
    origin: str = "memory"
    size_bytes: int | None = None

    def blocks(self) -> Iterator[Block]:
        for block in self.some:
            yield block
            self.between()


@dataclass
class FailingSink(MemorySink):
    """Refuses from the given flush on."""

    fails_at: int = 0
    flushes: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        super().__init__()

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        self.flushes += 1
        if self.flushes > self.fails_at:
            raise TryLater("planted", "the store is away")
        return super().flush(prepared, fence, next_offset)


def _pipeline(
    sink: MemorySink, ingest: IngestSettings = SETTINGS.ingest, failpoints: Failpoints | None = None
) -> Pipeline:
    decoder = Decoder(SETTINGS.decode, BOOK, SETTINGS.ingest.dead_letter_bytes_per_flush_max)
    return Pipeline(decoder, sink, ingest, SystemClock(), failpoints=failpoints)


def _run(source: Source, sink: MemorySink, ingest: IngestSettings = SETTINGS.ingest) -> Loaded:
    return _pipeline(sink, ingest).run(source, RULES)


def test_everything_arrives_once() -> None:
    sink = MemorySink()
    loaded = _run(Source([_block(at, 10) for at in range(0, 1_000, 10)]), sink)
    assert loaded.count == LedgerCount(received=1_000, stored=1_000)
    assert sink.totals()["events"] == 1_000


def test_a_source_without_blocks_ends() -> None:
    assert _run(Source([]), MemorySink()) == Loaded()


def test_batches_keep_the_bound_of_events() -> None:
    small = SETTINGS.ingest.model_copy(update={"batch_events_max": 25})
    assert _run(Source([_block(at, 10) for at in range(0, 100, 10)]), MemorySink(), small).flushes == 5


def test_batches_keep_the_bound_of_bytes() -> None:
    size = len(bytes(_block(0, 10).payload))
    small = SETTINGS.ingest.model_copy(update={"batch_bytes_max": 3 * size})
    assert _run(Source([_block(1_000 + at, 10) for at in range(0, 90, 10)]), MemorySink(), small).flushes >= 3


def test_a_block_over_the_bound_is_a_batch_by_itself() -> None:
    small = SETTINGS.ingest.model_copy(update={"batch_events_max": 5})
    assert _run(Source([_block(0, 10), _block(10, 2)]), MemorySink(), small).flushes == 2


def test_a_slow_source_is_not_waited_for() -> None:
    arrived = threading.Event()
    sink = MemorySink()
    quick = SETTINGS.ingest.model_copy(update={"batch_wait_ms_max": 20})

    def progress(_done: Progress) -> None:
        arrived.set()

    def wait() -> None:
        assert arrived.wait(20), "the first block was not flushed while the source was silent"

    source = Source([_block(0, 3), _block(3, 3)], between=wait)
    loaded = _pipeline(sink, quick).run(source, RULES, progress=progress)
    assert loaded.flushes == 2


def test_an_error_of_the_sink_reaches_the_caller() -> None:
    one = SETTINGS.ingest.model_copy(update={"batch_events_max": 10})
    sink = FailingSink(fails_at=2)
    with pytest.raises(TryLater, match="the store is away"):
        _run(Source([_block(at, 10) for at in range(0, 1_000, 10)]), sink, one)
    assert sink.totals()["events"] == 20


def test_an_error_of_the_source_reaches_the_caller() -> None:
    def fail() -> None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        _run(Source([_block(0, 3)], between=fail), MemorySink())


def test_an_error_of_the_decoder_reaches_the_caller() -> None:
    failpoints = Failpoints.parse("pipeline.after_decode=error")
    with pytest.raises(Planted):
        _pipeline(MemorySink(), failpoints=failpoints).run(Source([_block(0, 3)]), RULES)


def test_no_thread_outlives_the_run() -> None:
    before = threading.active_count()
    with pytest.raises(TryLater):
        _run(Source([_block(at, 10) for at in range(0, 1_000, 10)]), FailingSink())
    assert threading.active_count() == before


def test_a_stop_stores_what_was_read() -> None:
    stop = threading.Event()
    sink = MemorySink()
    source = Source([_block(at, 10) for at in range(0, 1_000, 10)], between=stop.set)
    loaded = _pipeline(sink).run(source, RULES, stop=stop)
    # The block that was on its way when the stop came is stored too.
    assert loaded.count in {LedgerCount(received=size, stored=size) for size in (10, 20)}
    assert sink.totals()["events"] == loaded.count.stored


def test_progress_tells_bytes_and_counts() -> None:
    one = SETTINGS.ingest.model_copy(update={"batch_events_max": 10})
    blocks = [_block(at, 10) for at in range(0, 50, 10)]
    seen: list[Progress] = []
    _pipeline(MemorySink(), one).run(Source(blocks), RULES, progress=seen.append)
    assert [done.count.received for done in seen] == [10, 20, 30, 40, 50]
    assert seen[-1].source_bytes == sum(block.source_bytes for block in blocks)


def test_dead_letters_of_one_flush_keep_their_bound_together() -> None:
    decoder = Decoder(SETTINGS.decode, BOOK, 10_000)
    block = Block(b"\n".join([b"{" + b"x" * 1_000] * 100), "ndjson", 1, 100, 1)
    pipeline = Pipeline(decoder, MemorySink(), SETTINGS.ingest, SystemClock())
    loaded = pipeline.run(Source([block]), RULES)
    assert loaded.count.rejected == len(loaded.rejects) == 100
    assert sum(len(reject.payload) for reject in loaded.rejects) <= 10_000


def test_a_batch_is_due_only_after_its_first_block() -> None:
    buffer = BatchBuffer(SETTINGS.ingest, SystemClock())
    assert buffer.wait_s() is None
    buffer.add(_block(0, 1))
    assert buffer.wait_s() is not None
    assert len(buffer.take()) == 1
    assert buffer.wait_s() is None
