"""How far a partition is behind, from both of its sides."""

from datetime import UTC, datetime

from analytics_hub.domain.status import LogPartition, StoredPartition, behind

AT = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
LOG = LogPartition("kafka:c:t:0", "llm-events", 0, first_offset=10, end_offset=50)


def stored(next_offset: int) -> StoredPartition:
    return StoredPartition(LOG.partition_key, next_offset, 3, AT)


def test_what_the_database_lacks_is_the_lag() -> None:
    found = behind(stored(40), LOG, 7.5)
    assert (found.lag_messages, found.lag_s, found.next_offset) == (10, 7.5, 40)


def test_without_lag_nothing_is_old() -> None:
    assert behind(stored(50), LOG, None).lag_s == 0.0


def test_a_partition_that_nobody_claimed_lags_by_all_that_is_there() -> None:
    found = behind(None, LOG, None)
    assert (found.lag_messages, found.lag_s, found.next_offset, found.moved_at) == (40, None, None, None)


def test_messages_that_the_log_has_dropped_are_no_lag() -> None:
    assert behind(stored(5), LOG, None).lag_messages == 40


def test_a_database_ahead_of_the_log_has_no_negative_lag() -> None:
    assert behind(stored(60), LOG, None).lag_messages == 0
