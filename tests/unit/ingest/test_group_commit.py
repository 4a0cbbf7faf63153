"""Bodies that come together are committed together, and each gets its own answer."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from analytics_hub.domain.clock import unix_us
from analytics_hub.domain.errors import Broken, HubError, TryLater
from analytics_hub.settings import CollectorSettings, FlushSettings, IngestSettings
from ingest.decode import PreparedBatch
from ingest.group_commit import GroupCommit, flush_settings
from ingest.memory import MemorySink
from ingest.ports import Acceptance, EventSink, Fence, Flushed, Submission
from rust_core import TenantRules
from tests.support.ingest import NOW, decoder, event, events

RULES = TenantRules(1, "acme", 7 * 86_400 * 1_000_000, ())
WAIT_S = 20.0


def body(lines: Sequence[bytes], rules: TenantRules = RULES) -> Submission:
    return Submission(rules, unix_us(NOW), b"\n".join(lines), "ndjson", request_id="request-1")


class GatedSink(MemorySink):
    """A sink that waits for its gate, counts its flushes and can be made to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.flushes: list[int] = []
        self.fail: Callable[[PreparedBatch], HubError | None] = lambda _prepared: None

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        self.entered.set()
        assert self.gate.wait(WAIT_S)
        self.flushes.append(prepared.count().received)
        if (error := self.fail(prepared)) is not None:
            raise error
        return super().flush(prepared, fence, next_offset)


@asynccontextmanager
async def committing(sink: EventSink, **changed: float) -> AsyncIterator[GroupCommit]:
    settings = CollectorSettings.model_validate({"connections": 1, "gather_ms_max": 0} | changed)
    commits = GroupCommit(lambda: sink, decoder(), settings, IngestSettings())
    try:
        yield commits
    finally:
        await commits.drain(WAIT_S)


async def behind(
    sink: GatedSink, commits: GroupCommit, *bodies: Submission
) -> list["asyncio.Task[Acceptance]"]:
    """One body goes into a flush that is held up; the others come meanwhile, and then the flush goes on."""
    sink.gate.clear()
    first = asyncio.create_task(commits.accept(body(events(range(1000, 1001)))))
    assert await asyncio.to_thread(sink.entered.wait, WAIT_S)
    waiting = [asyncio.create_task(commits.accept(one)) for one in bodies]
    await asyncio.sleep(0)
    sink.gate.set()
    await first
    return waiting


def test_an_answer_comes_after_the_flush_and_tells_its_own_events() -> None:
    async def main() -> None:
        sink = GatedSink()
        async with committing(sink) as commits:
            taken = await commits.accept(body([*events(range(3)), event(9, model=None)]))
        assert (taken.received, taken.accepted, taken.rejected, taken.duplicates) == (4, 3, 1, 0)
        assert [(reject.ordinal, reject.code) for reject in taken.rejects] == [(3, "missing_model")]
        assert taken.stored
        assert sink.totals()["events"] == 3

    asyncio.run(main())


def test_bodies_that_wait_are_committed_together_and_answered_apart() -> None:
    async def main() -> None:
        sink = GatedSink()
        async with committing(sink) as commits:
            waiting = await behind(
                sink,
                commits,
                body(events(range(2))),
                body([event(5, model=None), event(6)]),
                body(events(range(2))),
            )
            first, second, third = await asyncio.gather(*waiting)
        assert sink.flushes == [1, 6]
        assert (first.accepted, first.duplicates, first.rejected) == (2, 0, 0)
        assert (second.accepted, second.rejected) == (1, 1)
        assert [reject.ordinal for reject in second.rejects] == [0]
        assert (third.accepted, third.duplicates) == (2, 2)

    asyncio.run(main())


def test_a_flush_that_fails_tells_everybody_in_it_to_send_again() -> None:
    async def main() -> None:
        sink = GatedSink()
        sink.fail = lambda _prepared: TryLater("database_unavailable", "No.", retry_after_s=5)
        async with committing(sink) as commits:
            sink.gate.clear()
            waiting = [asyncio.create_task(commits.accept(body(events([number])))) for number in range(3)]
            await asyncio.sleep(0)
            sink.gate.set()
            for one in waiting:
                with pytest.raises(TryLater, match="database_unavailable"):
                    await one
        assert sink.totals() == {}

    asyncio.run(main())


def test_a_fault_of_ours_is_send_again_too_and_never_an_answer_of_success() -> None:
    async def main() -> None:
        sink = GatedSink()
        sink.fail = lambda _prepared: Broken("commit_in_doubt", "Nobody knows.")
        async with committing(sink) as commits:
            with pytest.raises(TryLater, match="not_stored") as refused:
                await commits.accept(body(events([1])))
        assert isinstance(refused.value.__cause__, Broken)
        assert len(sink.flushes) == 1, "a commit in doubt is never tried again here"

    asyncio.run(main())


def test_one_body_that_breaks_the_flush_costs_its_neighbours_nothing() -> None:
    def guilty(prepared: PreparedBatch) -> HubError | None:
        bad = any(reject.code == "missing_model" for reject in prepared.rejects())
        return Broken("database_refuses_data", "No.") if bad else None

    async def main() -> None:
        sink = GatedSink()
        sink.fail = guilty
        async with committing(sink) as commits:
            good, bad, last = await behind(
                sink, commits, body(events([1])), body([event(2, model=None)]), body(events([3]))
            )
            assert (await good).accepted == (await last).accepted == 1
            with pytest.raises(TryLater, match="not_stored"):
                await bad
        assert sink.totals()["events"] == 3

    asyncio.run(main())


def test_a_full_queue_refuses_at_once() -> None:
    async def main() -> None:
        sink = GatedSink()
        async with committing(sink, queue_bodies_max=2) as commits:
            sink.gate.clear()
            first = asyncio.create_task(commits.accept(body(events([0]))))
            assert await asyncio.to_thread(sink.entered.wait, WAIT_S)
            waiting = [asyncio.create_task(commits.accept(body(events([number])))) for number in (1, 2)]
            await asyncio.sleep(0)
            assert commits.fill() == 1
            with pytest.raises(TryLater, match="queue_full"):
                await commits.accept(body(events([3])))
            sink.gate.set()
            assert [one.accepted for one in await asyncio.gather(first, *waiting)] == [1, 1, 1]
            assert commits.fill() == 0

    asyncio.run(main())


def test_a_body_that_waits_too_long_is_send_again_and_is_not_stored_behind_its_clients_back() -> None:
    async def main() -> None:
        sink = GatedSink()
        async with committing(sink, answer_wait_s=0.05) as commits:
            sink.gate.clear()
            first = asyncio.create_task(commits.accept(body(events([0]))))
            assert await asyncio.to_thread(sink.entered.wait, WAIT_S)
            for one in (first, asyncio.create_task(commits.accept(body(events([1]))))):
                with pytest.raises(TryLater, match="not_stored_in_time"):
                    await one
            sink.gate.set()
        assert sum(sink.flushes) == 1, (
            "what waited in the queue was dropped, what was in the flush is a duplicate later"
        )

    asyncio.run(main())


def test_a_drain_commits_what_waits_and_lets_nobody_in() -> None:
    async def main() -> None:
        sink = GatedSink()
        async with committing(sink) as commits:
            waiting = await behind(sink, commits, *[body(events([number])) for number in range(5)])
            await commits.drain(WAIT_S)
            assert [one.result().accepted for one in waiting] == [1] * 5
            with pytest.raises(TryLater, match="draining"):
                await commits.accept(body(events([9])))

    asyncio.run(main())


def test_a_drain_that_is_not_done_in_time_says_so() -> None:
    async def main() -> None:
        sink = GatedSink()
        async with committing(sink) as commits:
            sink.gate.clear()
            first = asyncio.create_task(commits.accept(body(events([1]))))
            assert await asyncio.to_thread(sink.entered.wait, WAIT_S)
            with pytest.raises(TryLater, match="not_drained"):
                await commits.drain(0.01)
            sink.gate.set()
            await first

    asyncio.run(main())


def test_a_flush_that_somebody_waits_for_is_no_longer_than_the_answer() -> None:
    made = flush_settings(FlushSettings(), CollectorSettings(answer_wait_s=3))
    assert (made.deadline_s, made.statement_timeout_ms, made.lock_timeout_ms) == (3, 3000, 3000)
    assert flush_settings(FlushSettings(), CollectorSettings(answer_wait_s=600)) == FlushSettings()
