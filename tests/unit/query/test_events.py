"""Pages of raw events: every event once, newest first, however rare the filter; and how far one page looks."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.raw_event import EventFilter, EventPage, EventPlace, RawEvent
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Filter
from analytics_hub.query.events import EventService, windows
from tests.support.events import MemoryEventStore, raw_event

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
TENANT = TenantId(1)
YEAR = EventFilter(TENANT, NOW - timedelta(days=365), NOW)


def service(store: MemoryEventStore, *, days: int = 31, clock: FixedClock | None = None) -> EventService:
    return EventService(store, clock or FixedClock(NOW), page_max=50, scan_days_max=days, scan_s=1)


def store_of(ages: Iterable[timedelta]) -> MemoryEventStore:
    return MemoryEventStore(TENANT, NOW, [raw_event(n, NOW - age) for n, age in enumerate(ages)])


def pages(events: EventService, asked: EventFilter, limit: int) -> list[EventPage]:
    async def main() -> list[EventPage]:
        found = [await events.page(asked, limit)]
        while (after := found[-1].next) is not None:
            found.append(await events.page(asked, limit, after))
        return found

    return asyncio.run(main())


def events_of(found: Iterable[EventPage]) -> list[RawEvent]:
    return [event for page in found for event in page.events]


@given(st.lists(st.integers(-10, 60 * 24 * 370), max_size=30), st.integers(1, 7), st.integers(1, 400))
def test_pages_hold_every_event_of_the_range_once_and_newest_first(
    minutes: list[int], limit: int, days: int
) -> None:
    store = store_of([timedelta(minutes=minute) for minute in minutes])
    found = events_of(pages(service(store, days=days), YEAR, limit))
    wanted = [event for event in store.events if YEAR.start <= event.at < YEAR.end]
    assert found == sorted(wanted, key=lambda event: (event.at, event.key), reverse=True)


def test_one_page_looks_back_so_many_days_and_says_so() -> None:
    store = store_of([timedelta(days=3), timedelta(days=30)])
    first, second, *rest = pages(service(store, days=10), YEAR, 10)
    assert (len(first.events), first.searched_from) == (1, NOW - timedelta(days=10))
    assert first.next == EventPlace.before(NOW - timedelta(days=10))
    assert (len(second.events), second.searched_from) == (0, NOW - timedelta(days=20))
    assert [len(page.events) for page in rest][:1] == [1]
    assert rest[-1].searched_from == YEAR.start


def test_a_slow_search_ends_in_time_and_goes_on_with_the_next_page() -> None:
    clock, store = FixedClock(NOW), store_of([])
    store.at_each_window = lambda: clock.advance(timedelta(seconds=1))
    page = asyncio.run(service(store, clock=clock).page(YEAR, 10))
    assert (page.events, page.next) == ((), EventPlace.before(page.searched_from))
    assert NOW - timedelta(days=2) < page.searched_from < NOW


def test_dropped_events_end_the_search() -> None:
    store = store_of([timedelta(days=1), timedelta(days=3)])
    store.drop(NOW - timedelta(days=2))
    (page,) = pages(service(store), YEAR, 10)
    assert (len(page.events), page.next, page.kept.dropped_before) == (1, None, NOW - timedelta(days=2))


def test_filters_choose_by_dimension_field_and_error() -> None:
    at = NOW - timedelta(minutes=1)
    store = MemoryEventStore(
        TENANT,
        NOW,
        [raw_event(1, at, user="ann", model="o3"), raw_event(2, at, user="ann", model="o3", status="auth")],
    )
    asked = EventFilter(
        TENANT, YEAR.start, NOW, (Filter("model", ("o3",)),), (Filter("user", ("ann", "")),), True
    )
    assert [event.event_id for event in events_of(pages(service(store), asked, 10))] == ["2"]


def test_an_undeclared_tag_is_refused() -> None:
    asked = EventFilter(TENANT, YEAR.start, NOW, (Filter("tag.team", ("red",)),))
    with pytest.raises(InvalidInput, match="undeclared_tag"):
        pages(service(store_of([])), asked, 10)


@pytest.mark.parametrize("limit", [0, -1, 51])
def test_a_page_has_bounds(limit: int) -> None:
    with pytest.raises(InvalidInput, match="bad_limit"):
        pages(service(store_of([])), YEAR, limit)


@given(st.integers(0, 10**8), st.integers(0, 3))
def test_windows_cover_the_range_once_and_none_is_longer_than_a_day(back_s: int, number: int) -> None:
    start = NOW - timedelta(seconds=back_s)
    found = list(windows(start, EventPlace(NOW, UUID(int=number))))
    if not found:
        assert (back_s, number) == (0, 0)
        return
    assert (found[0][1], found[-1][0]) == (EventPlace(NOW, UUID(int=number)), start)
    assert all(after[1] == EventPlace.before(before[0]) for before, after in pairwise(found))
    assert all(place.at - first <= timedelta(days=1) for first, place in found)
