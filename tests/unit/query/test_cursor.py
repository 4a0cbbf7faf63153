"""A cursor comes back as the place it was made of, and only for its own tenant and filters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.dead_letter import DeadLetterFilter, Place
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.raw_event import EventFilter, EventPlace
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Filter
from analytics_hub.query.cursor import read_cursor, read_event_cursor, write_cursor, write_event_cursor

AT = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
QUESTION = DeadLetterFilter(TenantId(1), AT, AT + timedelta(hours=1), ("missing_id",), ("file",))
PLACE = Place(AT + timedelta(microseconds=7), 3)


@given(
    st.timedeltas(timedelta(days=-20_000), timedelta(days=50_000)),
    st.integers(0, 2**63 - 1),
)
def test_a_cursor_gives_its_place_back(age: timedelta, number: int) -> None:
    place = Place(AT + age, number)
    assert read_cursor(write_cursor(place, QUESTION), QUESTION) == place


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, tenant=TenantId(2)),
        replace(QUESTION, codes=()),
        replace(QUESTION, codes=(), origins=("missing_id", "file")),
        replace(QUESTION, origins=("other",)),
    ],
)
def test_a_cursor_of_another_tenant_or_filter_is_refused(other: DeadLetterFilter) -> None:
    with pytest.raises(InvalidInput, match="bad_cursor"):
        read_cursor(write_cursor(PLACE, QUESTION), other)


def test_a_cursor_survives_a_range_that_moves() -> None:
    moved = replace(QUESTION, start=AT - timedelta(hours=1))
    assert read_cursor(write_cursor(PLACE, QUESTION), moved) == PLACE


@given(st.text(max_size=60))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="bad_cursor"):
        read_cursor(text, QUESTION)


@pytest.mark.parametrize("at", range(40))
def test_a_cursor_with_one_character_changed_is_refused(at: int) -> None:
    text = write_cursor(PLACE, QUESTION)
    changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    with pytest.raises(InvalidInput, match="bad_cursor"):
        read_cursor(changed, QUESTION)


EVENTS = EventFilter(
    TenantId(1), AT, AT + timedelta(hours=1), (Filter("model", ("o3",)),), (Filter("user", ("ann", "bob")),)
)
EVENT_PLACE = EventPlace(AT, UUID(int=7))


@given(st.timedeltas(timedelta(days=-9_000), timedelta(days=25_000)), st.uuids())
def test_an_event_cursor_gives_its_place_back(age: timedelta, key: UUID) -> None:
    place = EventPlace(AT + age, key)
    assert read_event_cursor(write_event_cursor(place, EVENTS), EVENTS) == place


@pytest.mark.parametrize(
    "other",
    [
        replace(EVENTS, tenant=TenantId(2)),
        replace(EVENTS, dimensions=()),
        replace(EVENTS, dimensions=(Filter("provider", ("o3",)),)),
        replace(EVENTS, fields=(Filter("user", ("ann",)),)),
        replace(EVENTS, fields=(Filter("session", ("ann", "bob")),)),
        replace(EVENTS, errors_only=True),
    ],
)
def test_an_event_cursor_of_another_tenant_or_filter_is_refused(other: EventFilter) -> None:
    with pytest.raises(InvalidInput, match="bad_cursor"):
        read_event_cursor(write_event_cursor(EVENT_PLACE, EVENTS), other)


def test_an_event_cursor_does_not_care_in_which_order_filters_were_written() -> None:
    same = replace(EVENTS, fields=(Filter("user", ("bob", "ann")),), start=AT - timedelta(days=1))
    assert read_event_cursor(write_event_cursor(EVENT_PLACE, EVENTS), same) == EVENT_PLACE


@given(st.one_of(st.text(max_size=60), st.text(min_size=52, max_size=52)))
def test_anything_else_is_no_event_cursor(text: str) -> None:
    with pytest.raises(InvalidInput, match="bad_cursor"):
        read_event_cursor(text, EVENTS)
