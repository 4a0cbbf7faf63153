"""How the live benchmark counts a wait: from each commit until the reader knew of it, or for ever."""

from __future__ import annotations

import asyncio
from math import inf

from benchmarks.live_clients import Reader
from benchmarks.live_writer import Commit

COMMITS = [Commit(1, 4, 10.0), Commit(1, 8, 11.0), Commit(2, 4, 11.5), Commit(1, 12, 12.0)]


def reader(*seen: tuple[int, float]) -> Reader:
    async def made() -> Reader:
        return Reader(1, b"", seen=list(seen))

    return asyncio.run(made())


def test_a_wait_lasts_until_a_message_counts_the_commit() -> None:
    assert reader((0, 9.0), (4, 10.5), (12, 12.5)).latencies(COMMITS, 0) == [0.5, 1.5, 0.5]


def test_a_commit_that_was_never_told_is_waited_for_without_end() -> None:
    assert reader((4, 10.5), (8, 11.5)).latencies(COMMITS, 0) == [0.5, 0.5, inf]


def test_only_commits_from_a_moment_on_are_counted() -> None:
    assert reader((12, 12.5)).latencies(COMMITS, 12.0) == [0.5]


def test_totals_are_found_wherever_the_bytes_are_cut() -> None:
    async def main() -> list[int]:
        one = Reader(1, b"")
        for part in (
            b'data: {"total":{"ev',
            b'ents":4}}\n\nevent: change\n',
            b'data: {"total":{"events":7,"x":1}}',
        ):
            one.data_received(part)
        return [events for events, _ in one.seen]

    assert asyncio.run(main()) == [4, 7]
