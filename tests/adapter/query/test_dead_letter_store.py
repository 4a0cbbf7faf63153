"""Dead letters on a real database: pages over time windows, filters, the wall between tenants; beside the twin."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics_hub.domain.dead_letter import DeadLetter, DeadLetterFilter, DeadLetterId, Place
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.dead_letters import place_of
from analytics_hub.query.memory import MemoryDeadLetterStore
from analytics_hub.storage.dead_letter_store import PostgresDeadLetterStore, windows
from analytics_hub.storage.reader_pool import open_reader_pool
from tests.support.database import Database
from tests.support.deltas import minute
from tests.support.letters import keep, letter

END = minute("2026-11-05 12:00")
ALL = timedelta(days=400)
_numbers = count(1)


def question(tenant: int, *, codes: Sequence[str] = (), origins: Sequence[str] = ()) -> DeadLetterFilter:
    return DeadLetterFilter(TenantId(tenant), END - ALL, END, tuple(codes), tuple(origins))


def pages(db: Database, asked: DeadLetterFilter, size: int, payload_bytes_max: int = 64) -> list[DeadLetter]:
    """Page after page until an empty one."""

    async def main(store: PostgresDeadLetterStore) -> list[DeadLetter]:
        found: list[DeadLetter] = []
        after: Place | None = None
        while page := await store.page(asked, after, size, payload_bytes_max):
            assert len(page) <= size
            found += page
            after = place_of(page[-1])
        return found

    return reading(db, main)


def find(db: Database, tenant: int, ids: Sequence[DeadLetterId]) -> list[DeadLetter]:
    async def main(store: PostgresDeadLetterStore) -> list[DeadLetter]:
        return list(await store.find(TenantId(tenant), ids))

    return reading(db, main)


def reading(
    db: Database, ask: Callable[[PostgresDeadLetterStore], Awaitable[list[DeadLetter]]]
) -> list[DeadLetter]:
    async def main() -> list[DeadLetter]:
        async with open_reader_pool(
            db.reader_dsn,
            "hub-test",
            connections_min=1,
            connections_max=1,
            wait_s=5,
            connect_s=10,
            statement_timeout_ms=20_000,
            work_mem_mb=16,
        ) as pool:
            return await ask(PostgresDeadLetterStore(pool))

    return asyncio.run(main())


def fill(
    db: Database, tenant: int, ages: Sequence[timedelta], *, code: str = "missing_id", origin: str = "test"
) -> list[DeadLetterId]:
    return [keep(db, tenant, letter(1, END - age, code=code, origin=origin)) for age in ages]


AGES = [timedelta(microseconds=1), timedelta(minutes=59), timedelta(hours=1), timedelta(hours=1), timedelta(hours=9),
        timedelta(hours=9, microseconds=1), timedelta(days=3), timedelta(days=399), ALL]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 4, 100])
def test_pages_hold_every_letter_once_newest_first(db: Database, size: int) -> None:
    tenant = db.add_tenant("acme")
    ids = fill(db, tenant, AGES)
    found = pages(db, question(tenant), size)
    assert sorted(one.dead_letter_id for one in found) == sorted(ids)
    keys = [(one.received_at, one.dead_letter_id) for one in found]
    assert keys == sorted(keys, reverse=True)


def test_the_end_of_a_range_is_excluded_and_its_start_is_not(db: Database) -> None:
    tenant = db.add_tenant("acme")
    fill(db, tenant, [timedelta(0), ALL, ALL + timedelta(microseconds=1)])
    assert [one.received_at for one in pages(db, question(tenant), 10)] == [END - ALL]


def test_filters_choose_by_code_and_origin(db: Database) -> None:
    tenant = db.add_tenant("acme")
    hour = [timedelta(hours=1)]
    fill(db, tenant, hour, code="missing_id", origin="a")
    wanted = fill(db, tenant, hour, code="too_old", origin="a") + fill(
        db, tenant, hour, code="missing_time", origin="a"
    )
    fill(db, tenant, hour, code="too_old", origin="b")
    found = pages(db, question(tenant, codes=["too_old", "missing_time"], origins=["a"]), 10)
    assert {one.dead_letter_id for one in found} == set(wanted)


def test_a_neighbours_letters_are_neither_listed_nor_found(db: Database) -> None:
    ours, theirs = db.add_tenant("ours"), db.add_tenant("theirs")
    (foreign,) = fill(db, theirs, [timedelta(hours=1)])
    assert pages(db, question(ours), 10) == []
    assert find(db, ours, [foreign]) == []
    assert [one.dead_letter_id for one in find(db, theirs, [foreign])] == [foreign]


def test_a_list_shows_the_beginning_of_a_payload_and_a_single_letter_all_of_it(db: Database) -> None:
    tenant = db.add_tenant("acme")
    number = keep(db, tenant, letter(1, END - timedelta(hours=1), payload=bytes(range(256)) * 256))
    (shown,) = pages(db, question(tenant), 10, payload_bytes_max=10)
    (whole,) = find(db, tenant, [number])
    assert (shown.payload, shown.payload_bytes) == (bytes(range(10)), 65_536)
    assert (len(whole.payload), whole.payload_bytes) == (65_536, 65_536)


def test_a_letter_shows_its_latest_replay(db: Database) -> None:
    tenant = db.add_tenant("acme")
    (number,) = fill(db, tenant, [timedelta(hours=1)])
    assert find(db, tenant, [number])[0].last_replay is None
    with db.connect("hub_writer") as writer:
        for outcome, code in (("rejected", "too_old"), ("accepted", "")):
            writer.execute(
                "INSERT INTO hub.dead_letter_replays (tenant_id, dead_letter_id, outcome, code)"
                " VALUES (%s, %s, %s, %s)",
                [tenant, number, outcome, code],
            )
    (found,) = find(db, tenant, [number])
    assert found.last_replay is not None
    assert found.last_replay.outcome == "accepted"


minutes = st.integers(0, 60 * 24 * 400)


@given(st.lists(minutes, max_size=12), st.integers(1, 5))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_store_and_its_twin_give_the_same_pages(db: Database, ages: list[int], size: int) -> None:
    tenant = TenantId(db.add_tenant(f"t{next(_numbers)}"))
    made = []
    for age in ages:
        one = letter(1, END - timedelta(minutes=age))
        number = keep(db, tenant, one)
        made.append((one.received_at, number))
    twin = MemoryDeadLetterStore(tenant, [letter(number, at) for at, number in made])
    asked = question(tenant)
    expected = asyncio.run(twin.page(asked, None, 100, 64))
    assert [one.dead_letter_id for one in pages(db, asked, size)] == [one.dead_letter_id for one in expected]


@given(st.integers(0, 10**9), st.integers(0, 3))
def test_windows_cover_the_range_once(back_s: int, number: int) -> None:
    start = END - timedelta(seconds=back_s)
    found = list(windows(start, Place(END, number)))
    if not found:
        assert (back_s, number) == (0, 0)
        return
    assert found[0][1] == Place(END, number)
    assert found[-1][0] == start
    assert all(after[1] == Place(before[0], 0) for before, after in pairwise(found))
    assert len(found) <= 8
