"""The use case of dead letters over the twin: bounds, pages, single letters."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.domain.dead_letter import DeadLetterFilter, DeadLetterId
from analytics_hub.domain.errors import InvalidInput, NotFound
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.dead_letters import DeadLetterService
from analytics_hub.query.memory import MemoryDeadLetterStore
from tests.support.letters import letter

AT = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
TENANT = TenantId(1)
QUESTION = DeadLetterFilter(TENANT, AT, AT + timedelta(days=1))


def service(letters: int = 0) -> DeadLetterService:
    made = [letter(number, AT + timedelta(minutes=number // 2)) for number in range(1, letters + 1)]
    return DeadLetterService(
        MemoryDeadLetterStore(TENANT, made), page_max=10, payload_bytes_max=64, range_days_max=30
    )


@pytest.mark.parametrize("size", [1, 3, 7, 10])
def test_pages_together_are_the_list_without_gap_or_repetition(size: int) -> None:
    letters, seen, after = service(23), [], None
    for _ in range(30):
        page = asyncio.run(letters.page(QUESTION, size, after))
        seen += [one.dead_letter_id for one in page.letters]
        after = page.next
        if after is None:
            break
    assert seen == list(range(23, 0, -1))


def test_a_full_last_page_says_that_it_is_the_last() -> None:
    assert asyncio.run(service(10).page(QUESTION, 10)).next is None


@pytest.mark.parametrize("limit", [0, -1, 11])
def test_a_page_size_out_of_bounds_is_refused(limit: int) -> None:
    with pytest.raises(InvalidInput, match="bad_limit"):
        asyncio.run(service().page(QUESTION, limit))


def test_a_range_that_is_too_long_is_refused() -> None:
    long = DeadLetterFilter(TENANT, AT, AT + timedelta(days=31))
    with pytest.raises(InvalidInput, match="range_too_long"):
        asyncio.run(service().page(long, 1))


@pytest.mark.parametrize("code", ["Missing", "a b", "", "x" * 65, "1a", "a'--"])
def test_a_code_that_cannot_be_one_is_refused(code: str) -> None:
    with pytest.raises(InvalidInput, match="bad_code"):
        DeadLetterFilter(TENANT, AT, AT + timedelta(days=1), (code,))


@pytest.mark.parametrize("origin", ["x" * 513, "a\0"])
def test_an_origin_that_cannot_be_one_is_refused(origin: str) -> None:
    with pytest.raises(InvalidInput, match="bad_origin"):
        DeadLetterFilter(TENANT, AT, AT + timedelta(days=1), (), (origin,))


def test_a_filter_with_too_many_values_is_refused() -> None:
    with pytest.raises(InvalidInput, match="too_many_values"):
        DeadLetterFilter(TENANT, AT, AT + timedelta(days=1), ("too_old",) * 51)


def test_letters_come_in_the_order_asked_for_and_absent_ones_are_left_out() -> None:
    wanted = [DeadLetterId(one) for one in (3, 99, 1, 3)]
    assert [one.dead_letter_id for one in asyncio.run(service(5).find(TENANT, wanted))] == [3, 1]


def test_a_letter_of_another_tenant_does_not_exist() -> None:
    with pytest.raises(NotFound, match="no_such_dead_letter"):
        asyncio.run(service(5).one(TenantId(2), DeadLetterId(1)))
