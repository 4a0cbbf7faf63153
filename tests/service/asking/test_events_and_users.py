"""`hub events` and `hub users` as an operator meets them: tables for people, the API's JSON for programs."""

from collections.abc import Iterator

import orjson
import pytest

from analytics_hub.api.rest.events_wire import EventsBody
from analytics_hub.api.rest.users_wire import UsersBody
from tests.support.command import Run, run_on
from tests.support.database import Database, copy_of
from tests.support.ingest import event

DAY = ("--tenant", "acme", "--from", "2026-11-05", "--to", "2026-11-06")
MARKUP = "[/red]\x1b[31m"
USERS = ("ann", "bob", "ann", "", "ann", MARKUP)


@pytest.fixture(scope="module")
def run(template: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Six events, a minute apart: three of ann, one of bob, one of nobody, one of a name that is markup."""
    lines = [event(number, user=user) for number, user in enumerate(USERS)]
    lines[1] = event(1, user="bob", model="no-such-model", status="timeout")
    file = tmp_path_factory.mktemp("asking") / "events.ndjson"
    file.write_bytes(b"\n".join(lines))
    with copy_of(template) as db, pytest.MonkeyPatch.context() as patch:
        made = run_on(db, patch)
        made.good("tenant", "create", "acme", "--late-days", "0")
        made.good("load", str(file), "--tenant", "acme")
        yield made


def events_of(run: Run, *arguments: str) -> EventsBody:
    return EventsBody.model_validate(orjson.loads(run.good("events", *DAY, "--json", *arguments)))


def users_of(run: Run, *arguments: str) -> UsersBody:
    return UsersBody.model_validate(orjson.loads(run.good("users", *DAY, "--json", *arguments)))


def ids(body: EventsBody) -> list[str]:
    return [one.id for one in body.events]


def test_events_come_newest_first_with_their_cost(run: Run) -> None:
    lines = run.good("events", *DAY, "--tz", "Asia/Kolkata").splitlines()
    assert lines[0].split() == ["time", "model", "project", "user", "status", "tokens", "latency", "cost"]
    assert lines[1].startswith("2026-11-05 11:35:00  gpt-4o")
    assert [line.split()[-1] for line in lines[1:]].count("unpriced") == 1
    assert lines[-1].split()[-4:] == ["110", "5", "ms", "$0.00035"]


def test_a_value_that_is_markup_is_shown_as_it_is_and_moves_no_cursor(run: Run) -> None:
    for command in ("events", "users"):
        told = run.good(command, *DAY)
        assert r"[/red]\x1b[31m" in told
        assert "\x1b" not in told
    assert r"[/red]\x1b[31m" in run.good("events", *DAY, "--filter", f"user={MARKUP}")


def test_pages_follow_the_cursor_to_the_end(run: Run) -> None:
    seen: list[str] = []
    cursor: tuple[str, ...] = ()
    while True:
        body = events_of(run, "--limit", "4", *cursor)
        seen += ids(body)
        if body.next is None:
            break
        cursor = ("--cursor", body.next)
    assert seen == [f"event-{number}" for number in range(5, -1, -1)]


def test_the_table_says_where_the_next_page_begins(run: Run) -> None:
    body = events_of(run, "--limit", "4")
    assert f"--cursor {body.next}" in run("events", *DAY, "--limit", "4").stderr


def test_a_page_is_filled_however_far_back_its_events_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_QUERY_EVENTS_SCAN_DAYS_MAX", "1")
    long = ("--tenant", "acme", "--from", "2026-11-01", "--to", "2026-11-21", "--json")
    assert len(orjson.loads(run.good("events", *long))["events"]) == 6


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("user=ann",), ["event-4", "event-2", "event-0"]),
        (("user=ann", "user=bob", "model=gpt-4o", "project=project-0"), ["event-0"]),
        (("cost_status=unpriced",), ["event-1"]),
        (("user=",), ["event-3"]),
    ],
)
def test_dimensions_and_fields_are_filtered_alike(
    run: Run, filters: tuple[str, ...], found: list[str]
) -> None:
    assert ids(events_of(run, *(word for one in filters for word in ("--filter", one)))) == found


def test_errors_can_be_asked_for_alone(run: Run) -> None:
    assert ids(events_of(run, "--errors-only")) == ["event-1"]


def test_users_come_best_first_and_everybody_else_is_other(run: Run) -> None:
    body = users_of(run, "--top", "1", "--order", "-events")
    assert body.series[0].group == {"user": "ann"}
    assert [(one.other, one.total["events"]) for one in body.series] == [(False, 3), (True, 3)]
    assert body.users == 3


def test_the_table_of_users_names_nobody_and_other_and_has_no_price_for_bob(run: Run) -> None:
    told = run("users", *DAY)
    rows = {line.split()[0]: line for line in told.stdout.splitlines()}
    assert "(not named)" in told.stdout
    assert rows["bob"].split()[-1] == "unpriced"
    assert "3 users; 83.3% of 6 priced" in told.stderr
    assert "(other)" in run.good("users", *DAY, "--top", "2")


def test_users_by_day_and_by_model_are_rows_of_their_own(run: Run) -> None:
    lines = run.good("users", *DAY, "--interval", "1d", "-g", "model", "-m", "events").splitlines()
    assert lines[0].split() == ["time", "user", "model", "events"]
    assert ["2026-11-05T00:00+00:00", "ann", "gpt-4o", "3"] in [line.split() for line in lines]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("events", "--limit", "0"), "bad_limit"),
        (("events", "--filter", "model"), "bad_filter"),
        (("events", "--filter", "colour=red"), "unknown_dimension"),
        (("events", "--cursor", "nonsense"), "bad_cursor"),
        (("users", "--metrics", "latency_p99_ms"), "unknown_metric"),
        (("users", "--filter", "model=gpt-4o", "--from", "2026-09-01"), "range_too_long"),
    ],
)
def test_a_wrong_question_says_what_is_wrong(run: Run, arguments: tuple[str, ...], code: str) -> None:
    command, *words = arguments
    assert f"({code})" in run.bad(command, *DAY, *words)
