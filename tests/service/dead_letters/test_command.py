"""`hub dead-letters` as an operator meets it: read what a load refused, mend the rule, replay it."""

from pathlib import Path

import orjson
import pytest

from tests.support.command import Run, run_on
from tests.support.database import Database
from tests.support.ingest import event

OLD = [event(number, time="2024-02-29T00:00:00Z") for number in range(1, 4)]
DAY = ("--from", "2024-02-29", "--to", "2024-03-01")


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """A tenant whose file was refused: three events too old, one broken."""
    made = run_on(db, monkeypatch)
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join([*OLD, b"{broken [x]"]))
    made.good("tenant", "create", "acme")
    made.good("load", str(file), "--tenant", "acme")
    return made


def take_any_age(db: Database) -> None:
    with db.connect("hub_maint") as conn:
        assert conn.execute("UPDATE hub.tenants SET late_horizon = NULL").rowcount == 1


def stored(run: Run) -> int:
    found = run.good("query", "--tenant", "acme", *DAY, "-m", "events", "--format", "json")
    return int(orjson.loads(found)["total"]["events"])


def test_the_list_says_where_and_why(run: Run) -> None:
    text = run.good("dead-letters", "list", "--tenant", "acme")
    assert (text.count("too_old"), text.count("invalid_json")) == (3, 1)
    assert text.index("invalid_json") < text.index("too_old")  # newest first


def test_the_list_for_programs_is_that_of_the_api(run: Run) -> None:
    found = orjson.loads(
        run.good("dead-letters", "list", "--tenant", "acme", "--code", "too_old", "--limit", "2", "--json")
    )
    letters = found["dead_letters"]
    assert [(one["code"], one["position"]) for one in letters] == [("too_old", 3), ("too_old", 2)]
    assert all(one["origin"].endswith("events.ndjson") for one in letters)


def test_one_letter_is_shown_whole_and_markup_in_it_is_text(run: Run) -> None:
    assert "{broken [x]" in run.good("dead-letters", "show", "4", "--tenant", "acme")


def test_a_replay_is_dry_unless_it_is_asked_for(run: Run, db: Database) -> None:
    take_any_age(db)
    done = run("dead-letters", "replay", "--tenant", "acme", "--from", "-1h")
    assert "3  accepted" in done.stdout
    assert "1  rejected  invalid_json" in done.stdout
    assert "--submit does it" in done.stderr
    assert stored(run) == 0


def test_after_a_fix_a_replay_stores_once_what_was_refused(run: Run, db: Database) -> None:
    arguments = (
        "dead-letters",
        "replay",
        "--tenant",
        "acme",
        "--from",
        "-1h",
        "--code",
        "too_old",
        "--submit",
    )
    assert "3  rejected  too_old" in run.good(*arguments)
    assert stored(run) == 0
    take_any_age(db)
    for _ in range(2):
        assert "3  accepted" in run.good(*arguments)
    assert stored(run) == 3
    assert run.good("check").splitlines()[-1] == "all is well"
    listed = run.good("dead-letters", "list", "--tenant", "acme", "--code", "too_old")
    assert listed.count("accepted") == 3


def test_a_filter_beyond_one_request_is_replayed_to_its_end(
    run: Run, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DEAD_LETTER_REPLAY_MAX", "1")
    take_any_age(db)
    arguments = ("dead-letters", "replay", "--tenant", "acme", "--from", "-1h", "--submit", "--json")
    reports = [orjson.loads(line) for line in run.good(*arguments).splitlines()]
    assert [len(report["letters"]) for report in reports] == [1, 1, 1, 1]
    assert stored(run) == 3


def test_numbers_choose_letters_and_absent_ones_are_told(run: Run, db: Database) -> None:
    take_any_age(db)
    told = run.good("dead-letters", "replay", "1", "99", "--tenant", "acme", "--submit")
    assert "1  accepted" in told
    assert "1  absent" in told
    assert stored(run) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("replay", "--tenant", "acme"), "bad_ids"),
        (("replay", "1", "--from", "-1h", "--tenant", "acme"), "bad_ids"),
        (("show", "99", "--tenant", "acme"), "no_such_dead_letter"),
        (("list", "--tenant", "nobody"), "no_such_tenant"),
        (("list", "--tenant", "acme", "--code", "A B"), "bad_code"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(run: Run, arguments: tuple[str, ...], code: str) -> None:
    assert f"({code})" in run.bad("dead-letters", *arguments)
