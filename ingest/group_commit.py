"""The acceptor of the embedded mode: bodies that arrive together are committed together, then each is answered.

    event loop   accept ▶ queue ─────────────────────────────────────▶ answer, after the commit
    threads              └▶ gather ▶ decode, price, roll up ▶ flush ┘

In: submissions. Out: an `Acceptance` each, with its own duplicates and rejects, once the flush that holds it is
durable. A flush that fails is TryLater for everybody in it; nothing is stored then, or its outcome is in doubt and
the resend is a duplicate. A group whose data breaks the flush is tried again body by body: nobody pays for a
neighbour. The queue is `body_queue.py`; the flush `flush.py`; the acceptor through Kafka `kafka/sink.py`.
"""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import structlog

from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.settings import CollectorSettings, FlushSettings, IngestSettings
from analytics_hub.telemetry import QUEUE_FILL, traceparent
from ingest.body_queue import BodyQueue, WaitingBody
from ingest.decode import Decoder, PreparedBatch
from ingest.ports import Acceptance, EventSink, Submission
from rust_core import Message, NativeError, Outcome, Reject, count_events

_RETRY_AFTER_S: Final = 5.0
_log = structlog.get_logger(__name__)

Settled = Acceptance | TryLater


def flush_settings(flush: FlushSettings, collector: CollectorSettings) -> FlushSettings:
    """A flush that somebody waits for: no longer than the answer may take."""
    deadline_s = min(flush.deadline_s, collector.answer_wait_s)
    deadline_ms = int(deadline_s * 1000)
    return FlushSettings(
        **flush.model_dump()
        | {
            "deadline_s": deadline_s,
            "statement_timeout_ms": min(flush.statement_timeout_ms, deadline_ms),
            "lock_timeout_ms": min(flush.lock_timeout_ms, deadline_ms),
        }
    )


class GroupCommit:
    """Starts its threads at once; `drain` ends them. `accept` is for one event loop."""

    def __init__(
        self,
        make_sink: Callable[[], EventSink],
        decoder: Decoder,
        collector: CollectorSettings,
        ingest: IngestSettings,
    ) -> None:
        self._decoder = decoder
        self._settings = collector
        self._ingest = ingest
        self._queue = BodyQueue(collector, ingest)
        QUEUE_FILL.labels("group_commit").set_function(self._queue.fill)
        self._threads = [
            threading.Thread(target=self._run, args=[make_sink()], name=f"hub-commit-{number}", daemon=True)
            for number in range(collector.connections)
        ]
        for thread in self._threads:
            thread.start()

    async def accept(self, submission: Submission) -> Acceptance:
        body = WaitingBody(
            submission,
            memoryview(submission.body).nbytes,
            asyncio.get_running_loop().create_future(),
            traceparent(),
        )
        self._queue.put(body)
        try:
            async with asyncio.timeout(self._settings.answer_wait_s):
                return await body.future
        except TimeoutError as error:
            message = "The database did not store the body in time: send it again."
            raise TryLater("not_stored_in_time", message, retry_after_s=_RETRY_AFTER_S) from error

    def fill(self) -> float:
        return self._queue.fill()

    async def drain(self, wait_s: float) -> None:
        self._queue.close()
        await asyncio.to_thread(self._join, wait_s)

    def _join(self, wait_s: float) -> None:
        ends_s = time.monotonic() + wait_s
        for thread in self._threads:
            thread.join(max(0.0, ends_s - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            raise TryLater("not_drained", f"bodies still wait for the database after {wait_s:g} s")

    def _run(self, sink: EventSink) -> None:
        try:
            while (gathered := self._queue.take()) is not None:
                for group in _cut(gathered, self._ingest.batch_events_max):
                    # The group before may have taken long.
                    if awaited := [body for body in group if not body.given_up]:
                        self._commit(sink, awaited)
        finally:
            sink.close()

    def _commit(self, sink: EventSink, group: Sequence[WaitingBody]) -> None:
        try:
            settled: Sequence[Settled] = self._flushed(sink, group)
        except Exception as error:  # noqa: BLE001  it is logged, and everybody in the group is told
            if len(group) > 1 and _is_about_data(error):
                for body in group:
                    self._commit(sink, [body])
                return
            settled = [_not_stored(error)] * len(group)
        _answer(group, settled)

    def _flushed(self, sink: EventSink, group: Sequence[WaitingBody]) -> list[Acceptance]:
        prepared = self._decoder.decode([_message(body) for body in group])
        prepared.traceparents = [body.traceparent for body in group if body.traceparent]
        prepared.encode()
        sink.flush(prepared)
        return _acceptances(prepared)


def _cut(gathered: Sequence[WaitingBody], events_max: int) -> Iterator[list[WaitingBody]]:
    """Groups of at most so many events; a body that alone has more is a group by itself."""
    group: list[WaitingBody] = []
    events = 0
    for body in gathered:
        body.events = count_events(body.submission.body, body.submission.format)
        if group and events + body.events > events_max:
            yield group
            group, events = [], 0
        group.append(body)
        events += body.events
    if group:
        yield group


def _message(body: WaitingBody) -> Message:
    submission = body.submission
    return Message(
        submission.tenant,
        submission.received_at_us,
        submission.body,
        format=submission.format,
        events=body.events,
        origin=f"http:{submission.request_id}",
        dialect=submission.dialect,
    )


def _acceptances(prepared: PreparedBatch) -> list[Acceptance]:
    """One for each message of the batch, in order."""
    by_message: defaultdict[int, list[Reject]] = defaultdict(list)
    for reject in prepared.rejects():
        by_message[reject.message].append(reject)
    return [
        _acceptance(outcome, by_message[number]) for number, outcome in enumerate(prepared.batch.outcomes())
    ]


def _acceptance(outcome: Outcome, rejects: list[Reject]) -> Acceptance:
    return Acceptance(
        received=outcome.received,
        accepted=outcome.stored + outcome.duplicate,
        rejected=outcome.rejected,
        rejects=sorted(rejects, key=lambda reject: reject.ordinal),
        duplicates=outcome.duplicate,
        stored=True,
    )


def _is_about_data(error: Exception) -> bool:
    """True when one body alone may be to blame; never for a commit in doubt, which must not be repeated here."""
    return isinstance(error, NativeError) or (
        isinstance(error, Broken) and error.code == "database_refuses_data"
    )


def _not_stored(error: Exception) -> TryLater:
    if isinstance(error, TryLater):
        _log.warning("flush failed", error=str(error))
        return error
    _log.error("flush broke", exc_info=error)
    refusal = TryLater(
        "not_stored", "The body could not be stored: send it again.", retry_after_s=_RETRY_AFTER_S
    )
    refusal.__cause__ = error
    return refusal


def _answer(group: Sequence[WaitingBody], settled: Sequence[Settled]) -> None:
    """Every body of a group was put by the same event loop: one wake-up for all of them."""

    def in_the_loop() -> None:
        for body, outcome in zip(group, settled, strict=True):
            if body.given_up:
                continue
            if isinstance(outcome, TryLater):
                body.future.set_exception(outcome)
            else:
                body.future.set_result(outcome)

    group[0].future.get_loop().call_soon_threadsafe(in_the_loop)
