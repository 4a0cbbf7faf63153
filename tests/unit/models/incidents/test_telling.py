"""Who is told of what: a budget a week, most important first, the same thing once, and what people said of it."""

import math

import pytest

from models.incidents.ports import Kind, PastIncident
from models.incidents.rules import Rules
from models.incidents.story import Story
from models.incidents.table import TENANT
from models.incidents.telling import is_told_now, threshold_factor

RULES = Rules(alerts_a_week=4)
NOW = 10_000


def told(hour: int, stake: float, kind: Kind = "spike", value: str = "a", last: int | None = None) -> Story:
    return Story(
        str(hour), kind, "requests", ("project", value), hour, hour if last is None else last, hour, stake
    )


def new(value: str = "new", kind: Kind = "spike") -> Story:
    return Story("now", kind, "requests", ("project", value), NOW, NOW)


def test_the_first_half_of_the_budget_is_for_anything() -> None:
    assert is_told_now(new(), 0.02, [told(NOW - 5, 100)], NOW, RULES)


def test_the_second_half_is_for_what_is_more_important_than_most() -> None:
    week = [told(NOW - 50, 10), told(NOW - 40, 30)]
    assert not is_told_now(new(), 19, week, NOW, RULES)
    assert is_told_now(new(), 21, week, NOW, RULES)


def test_beyond_the_budget_only_what_outweighs_the_week_is_told() -> None:
    week = [told(NOW - hours, 10) for hours in (40, 50, 60, 70)]
    assert not is_told_now(new(), 39, week, NOW, RULES)
    assert is_told_now(new(), 41, week, NOW, RULES)


def test_after_a_week_the_budget_is_free_again() -> None:
    assert is_told_now(new(), 0.02, [told(NOW - 168 - hours, 10) for hours in range(4)], NOW, RULES)


def test_what_was_held_back_uses_no_budget() -> None:
    held = told(NOW - 5, 10)
    held.told = None
    assert is_told_now(new(), 0.02, [held] * 9, NOW, RULES)


def test_what_is_told_later_is_not_looked_at() -> None:
    assert is_told_now(new(), 0.02, [told(NOW + hours, 10) for hours in range(1, 9)], NOW, RULES)


def test_the_same_again_within_the_refractory_time_is_not_told() -> None:
    before = told(NOW - 30, 10, value="new", last=NOW - 24)
    assert not is_told_now(new(), 19, [before], NOW, RULES)


def test_the_same_again_with_twice_the_stake_is() -> None:
    before = told(NOW - 30, 10, value="new", last=NOW - 24)
    assert is_told_now(new(), 20, [before], NOW, RULES)


@pytest.mark.parametrize(
    ("value", "kind", "last"), [("b", "spike", 5), ("new", "gap", 5), ("new", "spike", 25)]
)
def test_another_place_or_kind_or_time_is_not_the_same(value: str, kind: Kind, last: int) -> None:
    assert is_told_now(new(), 0.02, [told(NOW - 40, 10, kind, value, NOW - last)], NOW, RULES)


def test_what_is_below_the_floor_is_never_told() -> None:
    assert not is_told_now(new(), 0.009, [], NOW, Rules(floor_usd=0.01))


def test_where_no_cost_is_watched_there_is_no_floor() -> None:
    assert is_told_now(new(), math.nan, [], NOW, Rules(floor_usd=5))


def past(feedback: str | None, metric: str = "requests", value: str = "a") -> PastIncident:
    return PastIncident(
        "k", "spike", metric, "project", value, 1, 2, True, 1, 5.0, ("requests",), ("same_hour",), feedback
    )


@pytest.mark.parametrize(
    ("words", "factor"),
    [
        ([], 1),
        (["noise"], 1.25),
        (["useful"], 0.8),
        (["noise", "useful", None], 1),
        (["noise"] * 9, 2),
        (["useful"] * 9, 0.5),
    ],
)
def test_noise_raises_a_threshold_and_useful_lowers_it_within_bounds(
    words: list[str | None], factor: float
) -> None:
    said = [past(word) for word in words]
    assert threshold_factor(said, "requests", ("project", "a"), Rules()) == pytest.approx(factor)


def test_feedback_is_of_a_metric_and_a_place() -> None:
    said = [past("noise")] * 3
    assert threshold_factor(said, "cost_usd", ("project", "a"), Rules()) == 1
    assert threshold_factor(said, "requests", ("project", "b"), Rules()) == 1
    assert threshold_factor(said, "requests", TENANT, Rules()) == 1
