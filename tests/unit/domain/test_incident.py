"""When people were told of an incident."""

from dataclasses import replace

from tests.support.findings import AT, HOUR, incident


def test_nobody_is_told_before_it_was_found() -> None:
    late = replace(incident(), told_at=AT + HOUR, found_at=AT + 9 * HOUR)
    assert late.heard_at == AT + 9 * HOUR


def test_what_was_found_before_is_told_when_it_grew_enough() -> None:
    assert replace(incident(), found_at=AT, told_at=AT + 3 * HOUR).heard_at == AT + 3 * HOUR


def test_what_was_held_back_was_never_told() -> None:
    assert incident(told=False).heard_at is None
