"""A spent day's events are refused one by one, and people are told what retention takes."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics_hub.cli.history_bounds import HistoryDecoder, retention_notes
from analytics_hub.domain.clock import unix_us
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import RetentionSettings
from rust_core import Message, TenantRules
from tests.support.ingest import NOW, SETTINGS, event

TODAY = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SPENT = (datetime(2026, 11, 3, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days


def decoder(spent: frozenset[int]) -> HistoryDecoder:
    letters_max = SETTINGS.ingest.dead_letter_bytes_per_flush_max
    return HistoryDecoder(SETTINGS.decode, load_price_book(), letters_max, spent)


def message(*times: str) -> Message:
    lines = [event(number, time=time) for number, time in enumerate(times)]
    rules = TenantRules(1, "acme", None, ())
    return Message(rules, unix_us(NOW), b"\n".join(lines), format="ndjson", origin="test", base_position=1)


def test_only_the_spent_days_events_are_refused() -> None:
    times = (
        "2026-11-02T23:59:59.999999Z",
        "2026-11-03T00:00:00Z",
        "2026-11-03T23:59:59Z",
        "2026-11-04T00:00:00Z",
    )
    prepared = decoder(frozenset({SPENT})).decode([message(*times)])
    assert prepared.batch.days() == [SPENT - 1, SPENT + 1]
    assert [(reject.code, reject.position) for reject in prepared.rejects()] == [
        ("too_old", 2),
        ("too_old", 3),
    ]
    assert prepared.count().balanced


def test_without_spent_days_any_age_is_taken() -> None:
    prepared = decoder(frozenset()).decode([message("2000-01-01T00:00:00Z")])
    assert (len(prepared.batch), prepared.rejects()) == (1, [])


@pytest.mark.parametrize(("days_ago", "levels"), [(34, 0), (36, 1), (91, 2), (401, 3)])
def test_people_are_told_of_each_level_that_does_not_reach_so_far(days_ago: int, levels: int) -> None:
    first = TODAY.replace(hour=0, minute=0) - timedelta(days=days_ago)
    assert len(list(retention_notes(RetentionSettings.model_construct(), first, TODAY))) == levels


def test_nothing_is_told_where_everything_is_kept() -> None:
    kept = RetentionSettings.model_construct(events_days=0, minutes_days=0, hours_days=0)
    assert list(retention_notes(kept, datetime(2000, 1, 1, tzinfo=UTC), TODAY)) == []
