"""What happens to a batch after decoding, seen from Python: every row that leaves is booked."""

import pytest

import rust_core
from rust_core import Batch, SeriesCache
from tests.unit.rust_core.decoded import RECEIVED_AT_US, batch, body, event


def _account(decoded: Batch) -> tuple[int, int, int, int]:
    (tally,) = decoded.tallies
    assert tally.received == tally.stored + tally.duplicate + tally.rejected
    return tally.received, tally.stored, tally.duplicate, tally.rejected


def test_dropped_rows_are_duplicates() -> None:
    decoded = batch(*(event(number) for number in range(5)))
    decoded.drop([0, 3])
    assert _account(decoded) == (5, 3, 2, 0)
    assert decoded.totals()["events"] == len(decoded) == 3


def test_poisoned_rows_are_rejects_that_can_be_replayed() -> None:
    decoded = batch(event(1), event(2, user="ann", cost_usd="0.000001"))
    before = decoded.slice(1, 2).totals()
    decoded.poison([1], "refused_by_database", "value too long")
    assert _account(decoded) == (2, 1, 0, 1)
    (reject,) = decoded.rejects
    assert (reject.code, reject.text, decoded.rejects_total) == ("refused_by_database", "value too long", 1)
    again = batch()
    again = rust_core.decode(
        [rust_core.Message(rust_core.TenantRules(1, "a"), 1_795_176_000_000_000, reject.payload)],
        rust_core.Limits(),
    )
    assert again.totals() == before


def test_a_late_reject_says_where_its_event_stood() -> None:
    lines = b"broken\n\n" + body(event(1))
    tenant = rust_core.TenantRules(1, "acme", None, ())
    message = rust_core.Message(
        tenant, RECEIVED_AT_US, lines, format="ndjson", origin="file:a.ndjson", base_position=1
    )
    decoded = rust_core.decode([message], rust_core.Limits())
    decoded.poison([0], "refused_by_database", "value too long")
    late = decoded.rejects[1]
    assert (late.ordinal, late.position) == (1, 3)


def test_rollups_without_the_dropped_rows_plus_theirs_are_the_whole() -> None:
    decoded = batch(*(event(number) for number in range(6)))
    whole, gone = decoded.rollup(), decoded.slice(1, 3).rollup()
    decoded.drop([1, 2])
    assert decoded.rollup().merge(gone) == whole
    assert len(whole.merge(whole.negate())) == 0
    assert whole.totals()["events"] == 6


def test_a_slice_leaves_accounts_and_rejects_behind() -> None:
    part = batch(event(1), event(2), event(3, model=None)).slice(0, 1)
    assert (len(part), part.tallies[0].received, part.rejects) == (1, 0, [])


def test_the_cache_learns_only_what_it_is_told() -> None:
    cache, decoded = SeriesCache(), batch(event(1), event(2, model="o3"))
    rows = cache.missing(decoded)
    assert (len(rows), len(cache), len(cache.missing(decoded))) == (2, 0, 2)
    cache.learn(rows)
    assert (len(cache), len(cache.missing(decoded))) == (2, 0)
    assert rows.keys() == sorted(rows.keys())


def test_folded_series_become_one() -> None:
    decoded = batch(event(1, project="a"), event(2, project="b"))
    cache = SeriesCache()
    assert decoded.fold_series(cache.missing(decoded).keys()) == 2
    assert len(cache.missing(decoded)) == 1


def test_days_are_counted_from_the_epoch() -> None:
    second_day = event(2, time_unix_us=86_400_000_000 * 20_000 - 1)
    assert batch(event(1, time_unix_us=86_400_000_000 * 20_000), second_day).days() == [19_999, 20_000]


@pytest.mark.parametrize("rows", [[2], [0, 99]])
def test_a_row_that_is_not_there_raises_and_nothing_leaves(rows: list[int]) -> None:
    decoded = batch(event(1), event(2))
    with pytest.raises(rust_core.NativeError, match="not among the 2 rows"):
        decoded.drop(rows)
    assert len(decoded) == 2


def test_an_unknown_code_raises() -> None:
    with pytest.raises(rust_core.NativeError, match="reject_codes"):
        batch(event(1)).poison([0], "no_such_code", "")
