"""What the query benchmark asks: repeatable, inside the data, the largest tenant always among them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from benchmarks.query_build import KEPT_FROM
from benchmarks.query_data import FIRST_DAY, NOW, make_world
from benchmarks.query_questions import FILTERED, LARGEST, QUESTIONS, asks

WORLD = make_world(1000)
EVERY = (*QUESTIONS, *FILTERED)


@pytest.mark.parametrize("question", EVERY)
def test_the_same_seed_asks_the_same(question: str) -> None:
    assert asks(WORLD, question, 50, 1) == asks(WORLD, question, 50, 1)
    assert asks(WORLD, question, 50, 1) != asks(WORLD, question, 50, 2)


@pytest.mark.parametrize("question", EVERY)
def test_a_range_lies_within_the_data(question: str) -> None:
    for ask in asks(WORLD, question, 200, 3):
        assert FIRST_DAY <= ask.start < ask.end <= NOW


@pytest.mark.parametrize("question", EVERY)
def test_the_largest_tenant_is_asked_for_at_least_a_fifth(question: str) -> None:
    tenants = [ask.tenant for ask in asks(WORLD, question, 200, 4)]
    assert tenants.count(LARGEST) >= 40
    assert len(set(tenants)) > 10


def test_ranges_are_as_long_as_the_question_says() -> None:
    assert {ask.end - ask.start for ask in asks(WORLD, "q1", 50, 5)} == {timedelta(days=1)}
    for question in ("q2", "q3", "q4", "q5"):
        assert {ask.end - ask.start for ask in asks(WORLD, question, 50, 5)} == {timedelta(days=30)}
    assert {ask.start for ask in asks(WORLD, "q6", 50, 5)} == {KEPT_FROM}


def test_a_tag_is_named_as_the_api_names_it() -> None:
    ask = asks(WORLD, "q5", 1, 6)[0]
    assert f"filter.tag.team={ask.chosen[1]}" in ask.path
    assert "interval=1d" in ask.path
