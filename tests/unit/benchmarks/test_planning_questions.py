"""The questions whose planning is measured can be asked, and what a builder made for them is kept."""

from __future__ import annotations

import pytest

from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.user_usage import UserQuery
from benchmarks.planning_questions import BY_USER, DAYS, END, QUESTIONS


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_lies_within_the_month_that_is_loaded(name: str) -> None:
    query = QUESTIONS[name](TenantId(1))
    assert query.end <= END
    assert (END - query.start).days <= DAYS


def test_the_question_by_user_can_be_asked_by_user() -> None:
    assert UserQuery(QUESTIONS[BY_USER](TenantId(1))).usage.limit == 20
