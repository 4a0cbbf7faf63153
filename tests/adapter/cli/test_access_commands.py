"""`hub tenant`, `hub key`, `hub member` and `hub audit` on a real database: what is typed, printed and written down."""

import json
import pwd
from collections.abc import Iterator
from typing import Any

import pytest

from analytics_hub.cli.tenants import operator
from tests.support.command import Run, run_on
from tests.support.database import Database, copy_of

ISSUER = "https://login.example"


@pytest.fixture(scope="module")
def one_db(template: Database) -> Iterator[Database]:
    """One database for all: each test makes a tenant of its own."""
    with copy_of(template) as database:
        yield database


@pytest.fixture
def run(one_db: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    return run_on(one_db, monkeypatch)


def read(run: Run, *arguments: str) -> Any:
    return json.loads(run.good(*arguments, "--json"))


def acts(run: Run, tenant: str) -> list[tuple[str, str]]:
    lines = read(run, "audit", "--tenant", tenant)
    return [(line["action"], line["subject"]) for line in reversed(lines)]


def test_the_first_key_is_shown_once(run: Run) -> None:
    made = read(run, "tenant", "create", "first-key")
    assert made["scopes"] == ["ingest", "query"]
    assert made["api_key"].startswith(f"hub_{made['prefix']}_")
    for seen in (
        run.good("key", "list", "first-key"),
        run.good("audit"),
        run.good("tenant", "show", "first-key"),
    ):
        assert made["api_key"].split("_")[2] not in seen
    assert acts(run, "first-key") == [("tenant.create", "first-key"), ("key.issue", made["prefix"])]


def test_names_are_shown_letter_by_letter(run: Run) -> None:
    run.good("tenant", "create", "brackets", "--name", "Acme [prod]")
    run.good("key", "create", "brackets", "--name", "[bold]edge")
    assert "Acme [prod]" in run.good("tenant", "list")
    assert "Acme [prod]" in run.good("tenant", "show", "brackets")
    assert "[bold]edge" in run.good("key", "list", "brackets")


def test_a_key_is_rotated_and_the_old_one_revoked_by_its_text(run: Run) -> None:
    run.good("tenant", "create", "rotation")
    old = read(run, "key", "create", "rotation", "--scope", "query", "--name", "board", "--expires-days", "9")
    new = read(run, "key", "rotate", "rotation", old["prefix"], "--grace-hours", "1")
    assert (new["scopes"], new["old"]["prefix"]) == (["query"], old["prefix"])
    assert new["old"]["ends_at"] < old["expires_at"] <= new["expires_at"]
    assert run.good("key", "revoke", "rotation", old["api_key"]).split() == ["revoked", old["prefix"]]
    in_force = {key["prefix"]: key for key in read(run, "key", "list", "rotation")}
    assert old["prefix"] not in in_force
    assert in_force[new["prefix"]]["name"] == "board"
    ended = {key["prefix"]: key["state"] for key in read(run, "key", "list", "rotation", "--all")}
    assert ended[old["prefix"]] == "revoked"
    assert [act for act, _ in acts(run, "rotation")[2:]] == ["key.issue", "key.rotate", "key.revoke"]


def test_members_come_change_and_go(run: Run) -> None:
    run.good("tenant", "create", "people")
    assert "no member yet" in run("member", "list", "people").stderr
    run.good("member", "add", "people", "auth0|1", "--issuer", ISSUER, "--email", "ann@acme.example")
    assert "analyst" in run.good("member", "role", "people", "ann@acme.example", "analyst")
    [member] = read(run, "member", "list", "people")
    assert (member["subject"], member["role"], member["issuer"]) == ("auth0|1", "analyst", ISSUER)
    assert "analyst" in run.good("member", "list", "people")
    run.good("member", "remove", "people", "auth0|1")
    assert read(run, "member", "list", "people") == []
    assert len(read(run, "member", "list", "people", "--all")) == 1
    assert [act for act, _ in acts(run, "people")[2:]] == ["member.add", "member.role", "member.remove"]


def test_the_issuer_of_the_settings_vouches_unless_another_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.good("tenant", "create", "vouched")
    assert "no_issuer" in run.bad("member", "add", "vouched", "ann")
    monkeypatch.setenv("HUB_OIDC_ISSUER", ISSUER)
    monkeypatch.setenv("HUB_OIDC_AUDIENCE", "hub")
    assert read(run, "member", "add", "vouched", "ann")["issuer"] == ISSUER


def test_every_act_names_who_ran_the_command(run: Run) -> None:
    run.good("tenant", "create", "named")
    for line in read(run, "audit", "--tenant", "named"):
        assert (line["actor_kind"], line["actor"]) == ("operator", operator().name)
    shown = run.good("audit", "--tenant", "named", "--limit", "1")
    assert f"operator {operator().name}" in shown
    assert "tenant.create" not in shown


def test_a_user_without_a_name_acts_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless(number: int) -> pwd.struct_passwd:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", nameless)
    assert operator().name.startswith("uid ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("key", "revoke", "errors", "nope"), "bad_prefix"),
        (("key", "revoke", "errors", "aaaaaaaaaaaa"), "no_such_key"),
        (("key", "create", "errors", "--scope", "root"), "unknown_scope"),
        (("key", "create", "nobody"), "no_such_tenant"),
        (("member", "role", "errors", "bob", "admin"), "no_such_member"),
        (("audit", "--tenant", "nobody"), "no_such_tenant"),
        (("audit", "--from", "-1h", "--to", "-2h"), "empty_range"),
    ],
)
def test_a_mistake_is_told_in_a_line_and_changes_nothing(
    run: Run, arguments: tuple[str, ...], code: str
) -> None:
    run("tenant", "create", "errors")
    before = acts(run, "errors")
    assert code in run.bad(*arguments)
    assert acts(run, "errors") == before
