"""The use case of replaying over twins: dry runs, selection, what is submitted and what is written down."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.domain.dead_letter import (
    DeadLetter,
    DeadLetterFilter,
    DeadLetterId,
    ReplayOutcome,
    ReplayVerdict,
)
from analytics_hub.domain.errors import InvalidInput, TryLater
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.dead_letters import DeadLetterService
from analytics_hub.query.memory import MemoryDeadLetterStore
from analytics_hub.query.replay import ReplayService
from tests.support.letters import letter

AT = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
TENANT = TenantId(1)
QUESTION = DeadLetterFilter(TENANT, AT, AT + timedelta(days=1))


class Replayer:
    """Takes letters with an even number, refuses the others; `away` leaves all of them undecided."""

    def __init__(self) -> None:
        self.submitted: list[int] = []
        self.away = False

    async def judge(self, _tenant: TenantId, letters: Sequence[DeadLetter]) -> Sequence[ReplayVerdict]:
        return [_verdict(one) for one in letters]

    async def submit(self, _tenant: TenantId, letters: Sequence[DeadLetter]) -> Sequence[ReplayVerdict]:
        self.submitted += [one.dead_letter_id for one in letters]
        if self.away:
            return [ReplayVerdict(one.dead_letter_id, ReplayOutcome.UNDECIDED) for one in letters]
        return [_verdict(one) for one in letters]


def _verdict(one: DeadLetter) -> ReplayVerdict:
    if one.dead_letter_id % 2:
        return ReplayVerdict(one.dead_letter_id, ReplayOutcome.REJECTED, "missing_id")
    return ReplayVerdict(one.dead_letter_id, ReplayOutcome.ACCEPTED)


class Book:
    def __init__(self) -> None:
        self.rows: list[tuple[int, str]] = []

    async def record(self, _tenant: TenantId, verdicts: Sequence[ReplayVerdict]) -> None:
        self.rows += [(verdict.dead_letter_id, verdict.outcome.value) for verdict in verdicts]


class Desk:
    def __init__(self, letters: int = 4) -> None:
        made = [letter(number, AT + timedelta(minutes=number)) for number in range(1, letters + 1)]
        store = MemoryDeadLetterStore(TENANT, made)
        service = DeadLetterService(store, page_max=3, payload_bytes_max=64, range_days_max=30)
        self.replayer, self.book = Replayer(), Book()
        self.service = ReplayService(service, self.replayer, self.book, letters_max=5)


def ids(*numbers: int) -> list[DeadLetterId]:
    return [DeadLetterId(number) for number in numbers]


def test_a_dry_run_tells_and_touches_nothing() -> None:
    desk = Desk()
    report = asyncio.run(desk.service.by_ids(TENANT, ids(1, 2), dry_run=True))
    assert [(one.dead_letter_id, one.outcome) for one in report.verdicts] == [
        (1, "rejected"),
        (2, "accepted"),
    ]
    assert (desk.replayer.submitted, desk.book.rows) == ([], [])


def test_only_what_was_judged_good_is_submitted_and_all_is_written_down() -> None:
    desk = Desk()
    asyncio.run(desk.service.by_ids(TENANT, ids(1, 2, 4), dry_run=False))
    assert desk.replayer.submitted == [2, 4]
    assert desk.book.rows == [(1, "rejected"), (2, "accepted"), (4, "accepted")]


def test_numbers_that_are_not_there_are_told() -> None:
    report = asyncio.run(Desk().service.by_ids(TENANT, ids(2, 99), dry_run=False))
    assert report.absent == (99,)


def test_letters_of_another_tenant_are_absent() -> None:
    desk = Desk()
    report = asyncio.run(desk.service.by_ids(TenantId(2), ids(2), dry_run=False))
    assert (report.absent, desk.replayer.submitted) == ((2,), [])


def test_a_filter_replays_up_to_the_bound_and_says_where_to_go_on() -> None:
    desk = Desk(letters=7)
    first = asyncio.run(desk.service.by_filter(QUESTION, None, dry_run=False))
    second = asyncio.run(desk.service.by_filter(QUESTION, first.next, dry_run=False))
    assert [one.dead_letter_id for one in (*first.verdicts, *second.verdicts)] == [7, 6, 5, 4, 3, 2, 1]
    assert second.next is None


def test_undecided_letters_are_not_written_down() -> None:
    desk = Desk()
    desk.replayer.away = True
    report = asyncio.run(desk.service.by_ids(TENANT, ids(1, 2), dry_run=False))
    assert report.count(ReplayOutcome.UNDECIDED) == 1
    assert desk.book.rows == [(1, "rejected")]


def test_when_nothing_is_decided_the_caller_is_told_to_come_again() -> None:
    desk = Desk()
    desk.replayer.away = True
    with pytest.raises(TryLater, match="replay_undecided"):
        asyncio.run(desk.service.by_ids(TENANT, ids(2, 4), dry_run=False))
    assert desk.book.rows == []


@pytest.mark.parametrize("numbers", [(), (1, 2, 3, 4, 5, 6)])
def test_a_selection_out_of_bounds_is_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput, match="bad_ids"):
        asyncio.run(Desk().service.by_ids(TENANT, ids(*numbers), dry_run=True))


def test_a_filter_that_matches_nothing_replays_nothing() -> None:
    report = asyncio.run(Desk(letters=0).service.by_filter(QUESTION, None, dry_run=False))
    assert (report.verdicts, report.next) == ((), None)
