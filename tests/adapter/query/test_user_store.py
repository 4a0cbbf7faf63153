"""Usage by user on a real database, both engines: exact before and after closing, ranked, and nobody else's."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.plan import Level
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.domain.user_usage import UserAnswer, UserQuery
from analytics_hub.storage.closer import close_due
from tests.support.database import Database
from tests.support.ingest import NOW, PostgresStored, event, prepared
from tests.support.users import METRICS, answer_now, both_now, levels, told

DAYS = (NOW - timedelta(days=5)).replace(hour=0), NOW.replace(hour=0)


def asked(tenant: int, start: datetime, end: datetime, **how: Any) -> UserQuery:
    words = {"metrics": METRICS, "order": "-cost_usd"} | how
    return UserQuery(UsageQuery.ask(TenantId(tenant), start, end, **words))


def line(number: int, at: datetime, **members: Any) -> bytes:
    """Five users and nobody, three models (one without a price), some errors, some costs that the provider reported."""
    named = {"user": f"user-{number % 6}"} if number % 6 else {}
    models = ["gpt-4o", "claude-sonnet-4-5", "no-such-model"]
    words: dict[str, Any] = {
        "id": f"{number}-{at.isoformat()}",
        "time": at.isoformat(),
        "provider": "",
        "model": models[number % 3],
        "status": "timeout" if number % 7 == 0 else "ok",
    }
    reported = {"cost_usd": "0.5"} if number % 11 == 0 else {}
    return event(number, **words, **named, **reported, **members)


def flush(stored: PostgresStored, lines: Sequence[bytes]) -> None:
    stored.sink.flush(prepared(lines, stored.tenant_id))
    stored.close()
    stored.sink = stored.another()


def month(db: Database) -> PostgresStored:
    """Sixty events over five days."""
    stored = PostgresStored(db)
    flush(stored, [line(number, DAYS[0] + timedelta(hours=2 * number, minutes=7)) for number in range(60)])
    return stored


def close(db: Database, now: datetime = NOW) -> None:
    with db.connect("hub_maint") as connection:
        close_due(connection, now)


def exact(db: Database, query: UserQuery) -> UserAnswer:
    answer, raw = both_now(db.reader_dsn, query)
    assert told(answer) == raw
    assert answer.users == len({key[1] for key in raw} - {""})
    assert answer.total["events"] == sum(sums[0] for sums in raw.values())
    return answer


def test_whole_closed_days_come_from_days_of_users_and_the_rest_from_events(each_db: Database) -> None:
    stored = month(each_db)
    edges = (DAYS[0] + timedelta(hours=5, minutes=3), DAYS[1] + timedelta(hours=4))
    for start, end in (DAYS, edges):
        assert levels(exact(each_db, asked(stored.tenant_id, start, end))) == {Level.EVENT}
    close(each_db)
    assert levels(exact(each_db, asked(stored.tenant_id, *DAYS))) == {Level.USER_DAY}
    answer = exact(each_db, asked(stored.tenant_id, *edges))
    assert {read.level: read.minutes for read in answer.levels} == {
        Level.USER_DAY: 4 * 24 * 60,
        Level.EVENT: (24 - 5) * 60 - 3 + 4 * 60,
    }


def test_a_late_event_is_counted_at_once_and_after_closing_again(each_db: Database) -> None:
    stored = month(each_db)
    close(each_db)
    flush(stored, [line(61, DAYS[0] + timedelta(days=1, hours=3))])
    late = exact(each_db, asked(stored.tenant_id, *DAYS))
    assert levels(late) == {Level.USER_DAY, Level.EVENT}
    assert late.total["events"] == 61
    close(each_db)
    assert levels(exact(each_db, asked(stored.tenant_id, *DAYS))) == {Level.USER_DAY}


@pytest.mark.parametrize("interval", ["1d", "1w", "1mo"])
@pytest.mark.parametrize("tz", ["UTC", "America/New_York", "Asia/Kathmandu"])
def test_users_over_time_are_exact_in_every_zone(each_db: Database, interval: str, tz: str) -> None:
    stored = month(each_db)
    for _ in range(2):
        exact(each_db, asked(stored.tenant_id, *DAYS, interval=interval, tz=tz))
        close(each_db)


def test_a_local_day_of_25_hours_that_holds_a_utc_day_is_one_bucket(each_db: Database) -> None:
    stored = PostgresStored(each_db)
    first = datetime(2026, 10, 23, tzinfo=UTC)
    lines = [line(number, first + timedelta(hours=number, minutes=30)) for number in range(72)]
    stored.sink.flush(prepared(lines, stored.tenant_id, any_age=True))
    stored.close()
    close(each_db)
    query = asked(stored.tenant_id, first, first + timedelta(days=3), interval="1d", tz="Europe/London")
    answer = exact(each_db, query)
    assert levels(answer) == {Level.USER_DAY, Level.EVENT}
    assert sum(int(str(list(series.points)[-1].values["events"])) for series in answer.series) == 25


@pytest.mark.parametrize(
    "how", [{"group_by": ["model"]}, {"group_by": ["model", "status"], "interval": "1h"}, {"interval": "1h"}]
)
def test_other_groups_and_hours_are_counted_from_events(each_db: Database, how: dict[str, Any]) -> None:
    stored = month(each_db)
    close(each_db)
    assert levels(exact(each_db, asked(stored.tenant_id, *DAYS, **how))) == {Level.EVENT}


@pytest.mark.parametrize("interval", ["none", "1h"])
def test_a_declared_tag_tells_apart_and_chooses(db: Database, interval: str) -> None:
    stored = PostgresStored(db)
    flush(stored, [line(number, DAYS[0], tags={"team": "of-the-event"}) for number in range(3)])
    with db.connect("hub_owner") as owner:
        owner.execute("""UPDATE hub.series SET tags = '{"team": "red"}' WHERE model = 'gpt-4o'""")
    with db.connect("hub_maint") as maint:
        maint.execute("UPDATE hub.tenants SET declared_tags = '{team}'")
    how: dict[str, Any] = {"group_by": ["tag.team"], "interval": interval}
    everybody = answer_now(db.reader_dsn, asked(stored.tenant_id, *DAYS, **how))
    assert {tuple(one.group.values()): one.total["events"] for one in everybody.series} == {
        ("", "red"): 1,
        ("user-1", ""): 1,
        ("user-2", ""): 1,
    }
    red = answer_now(db.reader_dsn, asked(stored.tenant_id, *DAYS, filters={"tag.team": ["red"]}, **how))
    assert [one.group["user"] for one in red.series] == [""]


@pytest.mark.parametrize(
    "filters",
    [{"model": ["gpt-4o", "no-such-model"]}, {"status": ["timeout"], "project": ["project-1", "x"]}],
)
def test_filters_choose_what_the_groups_show(each_db: Database, filters: dict[str, list[str]]) -> None:
    stored = month(each_db)
    close(each_db)
    groups = told(exact(each_db, asked(stored.tenant_id, *DAYS, group_by=list(filters))))
    chosen, _ = both_now(
        each_db.reader_dsn, asked(stored.tenant_id, *DAYS, group_by=list(filters), filters=filters)
    )
    wanted = list(filters.values())
    assert told(chosen) == {
        key: sums
        for key, sums in groups.items()
        if all(value in values for value, values in zip(key[2:], wanted, strict=True))
    }
    assert told(chosen)


def test_the_best_come_first_and_the_rest_is_other(each_db: Database) -> None:
    stored = month(each_db)
    whole = exact(each_db, asked(stored.tenant_id, *DAYS, interval="1d"))
    answer, _ = both_now(each_db.reader_dsn, asked(stored.tenant_id, *DAYS, interval="1d", limit=2))
    costs = [float(str(series.total["cost_usd"])) for series in whole.series]
    assert costs == sorted(costs, reverse=True)
    assert [series.group for series in answer.series] == [*(series.group for series in whole.series[:2]), {}]
    assert [series.other for series in answer.series] == [False, False, True]
    assert (answer.total, answer.users) == (whole.total, 5)
    rest = answer.series[-1]
    assert rest.total["events"] == sum(int(str(series.total["events"])) for series in whole.series[2:])
    assert sum(int(str(point.values["events"])) for point in rest.points) == rest.total["events"]


def test_a_neighbours_users_are_not_counted(each_db: Database) -> None:
    month(each_db)
    other = PostgresStored(each_db, "other")
    flush(other, [line(1, DAYS[0])])
    answer = exact(each_db, asked(other.tenant_id, *DAYS))
    assert (answer.users, answer.total["events"]) == (1, 1)


def test_dropped_events_leave_whole_days_and_what_came_late_is_added(db: Database) -> None:
    stored = month(db)
    close(db)
    before = exact(db, asked(stored.tenant_id, *DAYS))
    border = DAYS[0] + timedelta(days=2)
    with db.connect("hub_owner") as owner:
        owner.execute("DELETE FROM hub.usage_events WHERE ts < %s", [border])
        owner.execute("UPDATE hub.rollup_retention SET events_dropped_before = %s", [border])
    flush(stored, [line(61, DAYS[0] + timedelta(hours=3))])
    for _ in range(2):
        answer, _ = both_now(db.reader_dsn, asked(stored.tenant_id, *DAYS))
        assert answer.total["events"] == before.total["events"] + 1  # type: ignore[operator]
        close(db)
    assert levels(answer) == {Level.USER_DAY}
    for how in ({"tz": "America/New_York", "interval": "1d"}, {"group_by": ["model"]}):
        with pytest.raises(InvalidInput, match="events_not_kept"):
            both_now(db.reader_dsn, asked(stored.tenant_id, *DAYS, **how))


def test_a_tenant_without_events_has_no_users(db: Database) -> None:
    answer, _ = both_now(db.reader_dsn, asked(db.add_tenant("acme"), *DAYS))
    assert (answer.users, answer.series, answer.total["events"]) == (0, (), 0)
