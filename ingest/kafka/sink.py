"""The acceptor through the broker: a body is durable once Kafka has every piece of it.

In: a `Submission`. Out: its `Acceptance`, after the last delivery report. What dying right after each step leaves:

    1 room      no room in the queue: TryLater before anything is read       nothing
    2 examine   the core judges every event and cuts the body between two    nothing
    3 produce   every piece is queued, the verdicts in its headers           no answer: sent again, dropped as resends
    4 wait      until the broker has all of them, or the deadline            the same
    5 answer    accepted is: it will be stored, whatever version or clock the worker has

A long body is examined and queued in a thread, so that the loop keeps answering. An event that is longer than a
message may be is refused like one above the bound of events; its neighbours are not. The client itself is in
`producer.py`; without a broker `ingest/group_commit.py` stands here.
"""

import asyncio
import time
from collections.abc import Iterator
from itertools import count
from typing import Final

from analytics_hub.domain.errors import TooLarge, TryLater
from analytics_hub.settings import DecodeSettings, ProducerSettings
from analytics_hub.telemetry import PRODUCE_FAILURES, PRODUCE_SECONDS, QUEUE_FILL, span, traceparent
from ingest.decode import limits_from_settings
from ingest.failpoint import Failpoints
from ingest.kafka.headers import EdgeStamp, RecordHeaders
from ingest.kafka.producer import Delivery, Outgoing, StreamProducer
from ingest.ports import Acceptance, Submission
from rust_core import Message, Piece, examine

# Shorter bodies are examined in the loop, some milliseconds at most: a thread takes more of the processor.
_THREAD_BYTES: Final = 524_288


class KafkaAcceptor:
    """Accepts bodies through a producer, which it closes in the end. Belongs to one event loop."""

    def __init__(
        self,
        producer: StreamProducer,
        settings: ProducerSettings,
        decode: DecodeSettings,
        *,
        failpoints: Failpoints | None = None,
    ) -> None:
        self._producer = producer
        self._settings = settings
        event_bytes_max = min(decode.event_bytes_max, settings.piece_bytes_max)
        self._limits = limits_from_settings(decode.model_copy(update={"event_bytes_max": event_bytes_max}))
        self._hit = (failpoints or Failpoints()).hit
        self._turn = count()
        self._open = 0
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._draining = False
        QUEUE_FILL.labels("producer").set_function(producer.fill)

    async def accept(self, submission: Submission) -> Acceptance:
        size_bytes = memoryview(submission.body).nbytes
        self._refuse_without_room(size_bytes)
        self._open += 1
        self._none_open.clear()
        try:
            with span("produce"), PRODUCE_SECONDS.time():
                return await self._accepted(submission, size_bytes)
        finally:
            self._open -= 1
            if self._open == 0:
                self._none_open.set()

    def fill(self) -> float:
        return self._producer.fill()

    async def drain(self, wait_s: float) -> None:
        self._draining = True
        started_s = time.monotonic()
        in_time = True
        try:
            async with asyncio.timeout(wait_s):
                await self._none_open.wait()
        except TimeoutError:
            in_time = False
            self._producer.purge()  # whoever still waits hears of it by the next round
            await self._none_open.wait()
        left_s = max(0.0, wait_s - (time.monotonic() - started_s))
        await asyncio.to_thread(self._producer.close, left_s)
        if not in_time:
            raise TryLater("not_drained", f"Kafka had not taken everything after {wait_s:g} s")

    def _refuse_without_room(self, size_bytes: int) -> None:
        if self._draining:
            raise TryLater("stopping", "this collector is being stopped")
        if size_bytes > self._settings.queue_bytes_max:
            raise TooLarge("body_too_long", f"a body has at most {self._settings.queue_bytes_max} bytes here")
        if not self._producer.has_room(size_bytes):
            PRODUCE_FAILURES.labels("queue_full").inc()
            raise TryLater("queue_full", "too much is waiting for Kafka already")

    async def _accepted(self, submission: Submission, size_bytes: int) -> Acceptance:
        delivery = Delivery(asyncio.get_running_loop())
        traced = traceparent()
        if size_bytes < _THREAD_BYTES:
            acceptance = self._produce(submission, delivery, traced)
        else:
            acceptance = await asyncio.to_thread(self._produce, submission, delivery, traced)
        if delivery.expected:
            await delivery.wait(self._settings.answer_wait_s)
        self._hit("collector.after_delivery")
        return acceptance

    def _produce(self, submission: Submission, delivery: Delivery, traced: str) -> Acceptance:
        message = Message(
            submission.tenant,
            submission.received_at_us,
            submission.body,
            format=submission.format,
            dialect=submission.dialect,
        )
        examined = examine(
            message,
            self._limits,
            piece_bytes_max=self._settings.piece_bytes_max,
            verdict_bytes_max=self._settings.verdict_bytes_max,
        )
        self._hit("collector.after_examine")
        pieces = examined.pieces
        delivery.expect(len(pieces))
        self._producer.send(delivery, self._outgoing(submission, pieces, traced))
        return Acceptance(
            received=examined.received,
            accepted=examined.accepted,
            rejected=examined.rejected,
            rejects=examined.rejects,
            duplicates=None,
            stored=False,
        )

    def _outgoing(self, submission: Submission, pieces: list[Piece], traced: str) -> Iterator[Outgoing]:
        tenant_id = submission.tenant.tenant_id
        for piece in pieces:
            headers = RecordHeaders(
                EdgeStamp(
                    tenant_id, submission.received_at_us, piece.events, piece.base_position, piece.verdicts
                ),
                format=piece.format,
                dialect=submission.dialect,
                request_id=submission.request_id,
                traceparent=traced,
            )
            yield Outgoing(
                b"%d/%d" % (tenant_id, next(self._turn) % self._settings.key_spread),
                bytes(piece.payload),  # the one copy: the client takes nothing but bytes
                headers.pairs(),
                submission.received_at_us // 1000,
            )
            self._hit("collector.between_pieces")
