"""A cursor comes back as the place it was made of, and only for its own tenant and filters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.dead_letter import DeadLetterFilter, Place
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.cursor import read_cursor, write_cursor

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
