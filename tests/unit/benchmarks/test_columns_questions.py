"""What is asked of rows and columns: through the views of the reader only, within the month that is loaded."""

from __future__ import annotations

import re

import pytest

from benchmarks.columns_questions import DAYS, END, QUESTIONS, START


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_reads_one_view_of_the_reader_within_the_month(name: str) -> None:
    text, (start, end) = QUESTIONS[name]
    assert re.findall(r"\bhub(?:_\w+)?\.\w+", text) == re.findall(r"FROM (hub_read\.\w+)", text)
    assert START <= start < end <= END
    assert (END - START).days == DAYS


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_order_of_the_answer_is_given_so_that_two_answers_can_be_compared(name: str) -> None:
    text, _ = QUESTIONS[name]
    assert "ORDER BY" in text or "GROUP BY" not in text
