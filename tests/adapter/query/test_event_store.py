"""Raw events on a real database, both engines: what was sent comes back, page by page, and nobody else's."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics_hub.domain.raw_event import EVENT_FIELDS, EventFilter, EventPage, EventPlace, RawEvent
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Filter
from tests.support.database import Database
from tests.support.ingest import NOW, PostgresStored, event, prepared
from tests.support.services import open_services

START = NOW - timedelta(days=2)
HOSTILE = "x' OR tenant_id > 0; DROP TABLE hub.usage_events; -- \\ %s \u2028 {}"


def asked(tenant: int, *, errors_only: bool = False, **chosen: Sequence[str]) -> EventFilter:
    """`model=["o3"]` or `user=["ann"]`: dimensions and fields by their names; `tag_team` is `tag.team`."""
    named = {name.replace("tag_", "tag."): tuple(values) for name, values in chosen.items()}
    dimensions = tuple(Filter(name, values) for name, values in named.items() if name not in EVENT_FIELDS)
    fields = tuple(Filter(name, values) for name, values in named.items() if name in EVENT_FIELDS)
    return EventFilter(TenantId(tenant), START, NOW, dimensions, fields, errors_only)


def pages(db: Database, question: EventFilter, limit: int = 100) -> list[EventPage]:
    async def main() -> list[EventPage]:
        async with open_services(db.reader_dsn) as services:
            found = [await services.events.page(question, limit)]
            while (after := found[-1].next) is not None:
                found.append(await services.events.page(question, limit, after))
            return found

    return asyncio.run(main())


def found(db: Database, question: EventFilter, limit: int = 100) -> list[RawEvent]:
    return [one for page in pages(db, question, limit) for one in page.events]


def flush(stored: PostgresStored, *lines: bytes) -> None:
    stored.sink.flush(prepared(lines, stored.tenant_id))
    stored.close()


def test_an_event_comes_back_as_it_was_sent(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    sent: dict[str, Any] = {
        "source": "svc",
        "user": "ann",
        "session": "s1",
        "region": "eu",
        "trace_id": "t1",
        "environment": "prod",
        "status": "timeout",
        "usage": {"input_tokens": 100, "cached_input_tokens": 40, "output_tokens": 7},
        "latency_ms": 12.5,
        "ttft_ms": 3,
        "tags": {"team": "red"},
    }
    flush(stored, event(1, **sent))
    (one,) = found(each_db, asked(stored.tenant_id))
    assert (one.event_id, one.source, one.user, one.session, one.region, one.trace_id) == (
        "event-1",
        "svc",
        "ann",
        "s1",
        "eu",
        "t1",
    )
    assert one.at == datetime(2026, 11, 5, 6, 1, tzinfo=UTC)
    assert one.received_at == NOW
    assert one.dimensions == dict.fromkeys(DIMENSIONS, "") | {
        "provider": "openai",
        "model": "gpt-4o",
        "environment": "prod",
        "project": "project-1",
        "status": "timeout",
        "operation": one.dimensions["operation"],
        "service_tier": one.dimensions["service_tier"],
    }
    assert one.tags == {"team": "red"}
    assert (one.tokens["input"], one.tokens["output"]) == (100, 7)
    assert (one.latency_us, one.ttft_us, one.cost_status) == (12_500, 3_000, "priced")
    assert one.cost_pico_usd["input"] == 100 * 2_500_000
    assert one.cost_pico_usd["output"] == 7 * 10_000_000


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_hold_every_event_once_newest_first(each_db: Database, limit: int) -> None:
    stored = PostgresStored(each_db)
    same = [event(number, time="2026-11-05T07:00:00Z") for number in range(100, 105)]
    flush(stored, *(event(number) for number in range(5)), *same)
    keys = [(one.at, one.key) for one in found(each_db, asked(stored.tenant_id), limit)]
    assert len(set(keys)) == 10
    assert keys == sorted(keys, reverse=True)


def test_the_end_of_a_range_is_excluded_and_its_start_is_not(db: Database) -> None:
    stored = PostgresStored(db)
    flush(
        stored, *(event(n, time=at.isoformat()) for n, at in enumerate([START, NOW - timedelta(seconds=1)]))
    )
    question = asked(stored.tenant_id)
    assert len(found(db, question)) == 2
    shorter = EventFilter(question.tenant, START, NOW - timedelta(seconds=1))
    assert [one.event_id for one in found(db, shorter)] == ["event-0"]


FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({"model": ["gpt-4o"]}, {"event-1", "event-2", "event-3"}),
    ({"project": ["project-1"], "model": ["gpt-4o", "o3"]}, {"event-1"}),
    ({"environment": [""]}, {"event-1", "event-2", "event-3", "event-4"}),
    ({"tag_team": ["red"]}, {"event-2"}),
    ({"tag_team": ["red", ""]}, {"event-1", "event-2", "event-3"}),
    ({"user": ["ann"]}, {"event-1"}),
    ({"user": [""]}, {"event-2", "event-3", "event-4"}),
    ({"id": ["event-3", "event-9"]}, {"event-3"}),
    ({"session": ["s"], "user": ["ann"]}, set()),
    ({"cost_status": ["unpriced"]}, {"event-4"}),
    ({"cost_status": ["priced"], "user": ["ann"]}, {"event-1"}),
    ({"errors_only": True}, {"event-3"}),
    ({"errors_only": True, "model": ["o3"]}, set()),
    ({"source": [HOSTILE], "trace_id": [HOSTILE], "model": [HOSTILE], "tag_team": [HOSTILE]}, set()),
]


@pytest.fixture
def four(db: Database) -> int:
    stored = PostgresStored(db)
    with db.connect("hub_maint") as connection:
        connection.execute("UPDATE hub.tenants SET declared_tags = '{team}'")
    lines = [
        event(1, user="ann"),
        event(2, session="s"),
        event(3, status="auth"),
        event(4, provider="", model="no-such-model"),
    ]
    flush(stored, *lines)
    with db.connect("hub_owner") as owner:
        owner.execute("""UPDATE hub.series SET tags = '{"team": "red"}' WHERE project = 'project-2'""")
        owner.execute("""UPDATE hub.series SET tags = '{"team": "blue"}' WHERE model = 'no-such-model'""")
    return stored.tenant_id


@pytest.mark.parametrize(("chosen", "ids"), FILTERS)
def test_every_filter_holds(db: Database, four: int, chosen: dict[str, Any], ids: set[str]) -> None:
    assert {one.event_id for one in found(db, asked(four, **chosen))} == ids


def test_a_neighbours_events_are_not_listed(each_db: Database) -> None:
    ours, theirs = PostgresStored(each_db, "ours"), PostgresStored(each_db, "theirs")
    flush(theirs, event(1))
    ours.close()
    assert found(each_db, asked(ours.tenant_id)) == []
    assert len(found(each_db, asked(theirs.tenant_id))) == 1


def test_an_event_whose_series_is_lost_is_shown_without_dimensions(db: Database) -> None:
    stored = PostgresStored(db)
    flush(stored, event(1))
    with db.connect("hub_owner") as owner:
        owner.execute("DELETE FROM hub.series")
    (one,) = found(db, asked(stored.tenant_id))
    assert set(one.dimensions.values()) == {""}
    assert one.event_id == "event-1"


def test_dropped_events_are_said_to_be_dropped(db: Database) -> None:
    stored = PostgresStored(db)
    flush(stored, event(1))
    day = NOW.replace(hour=0)
    with db.connect("hub_maint") as maint:
        maint.execute("UPDATE hub.rollup_retention SET events_dropped_before = %s", [day])
    (page,) = pages(db, asked(stored.tenant_id))
    assert (len(page.events), page.searched_from, page.kept.dropped_before) == (1, day, day)


def test_a_place_within_one_moment_is_kept_apart_by_the_key(db: Database) -> None:
    stored = PostgresStored(db)
    flush(stored, *(event(number, time="2026-11-05T07:00:00Z") for number in range(3)))
    everything = found(db, asked(stored.tenant_id))

    async def after(place: EventPlace) -> Sequence[RawEvent]:
        async with open_services(db.reader_dsn) as services:
            return (await services.events.page(asked(stored.tenant_id), 10, place)).events

    for number, one in enumerate(everything):
        assert list(asyncio.run(after(one.place))) == everything[number + 1 :]


def test_events_that_share_a_moment_with_a_chosen_one_are_left_out(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    flush(stored, *(event(number, time=f"2026-11-05T07:00:0{number % 2}Z") for number in range(8)))
    chosen = found(each_db, asked(stored.tenant_id, project=["project-1", "project-2"]))
    projects = {one.dimensions["project"] for one in found(each_db, asked(stored.tenant_id))}
    assert {one.dimensions["project"] for one in chosen} == {"project-1", "project-2"} < projects


def test_a_year_without_such_a_series_has_no_events(db: Database) -> None:
    stored = PostgresStored(db)
    flush(stored, event(1))
    year = EventFilter(TenantId(stored.tenant_id), NOW - timedelta(days=365), NOW, (Filter("model", ("x",)),))
    assert found(db, year) == []


def test_the_index_of_events_carries_their_series(each_db: Database) -> None:
    flush(PostgresStored(each_db), event(1))
    with each_db.connect("hub_owner") as owner:
        defined = owner.execute(
            """SELECT pg_get_indexdef(indexrelid) FROM pg_index
               WHERE indisprimary AND indrelid::regclass::text ~ 'usage_events|_hyper_1_'"""
        ).fetchall()
    assert len(defined) == 2  # of the table and of the day
    assert all("(tenant_id, ts, event_key) INCLUDE (series_id)" in text for (text,) in defined)


@pytest.mark.timescale
def test_events_in_columns_come_as_they_came_in_rows_with_late_ones_among_them(
    timescale_db: Database,
) -> None:
    stored = PostgresStored(timescale_db)
    stored.sink.flush(prepared([event(number) for number in range(6)], stored.tenant_id))
    question = asked(stored.tenant_id, project=["project-1", "project-2"])
    in_rows = found(timescale_db, question, 1)
    with timescale_db.connect("hub_owner") as owner:
        owner.execute(
            "SELECT public.compress_chunk(chunk) FROM public.show_chunks('hub.usage_events') AS chunk"
        )
    assert found(timescale_db, question, 1) == in_rows
    flush(stored, event(7, project="project-1", time=in_rows[-1].at.isoformat()))
    late = found(timescale_db, question, 1)
    assert [one for one in late if one.event_id != "event-7"] == in_rows
    assert len(late) == len(in_rows) + 1


def test_the_search_for_places_sees_nothing_without_a_tenant(each_db: Database) -> None:
    flush(PostgresStored(each_db), event(1))
    search = """SELECT count(*) FROM hub.newest_event_places('2026-11-05Z', '2026-11-06Z', %s::uuid, 10,
                    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"""
    with each_db.connect("hub_reader") as reader:
        assert reader.execute(search, [str(EventPlace.before(NOW).key)]).fetchone() == (0,)
