"""Keys, members and the audit log over the wire: for admins only, page by page, without a secret."""

from uuid import uuid4

import pytest

from analytics_hub.api.rest.access_wire import AuditBody, KeysBody, MembersBody
from analytics_hub.domain.access import Role
from analytics_hub.domain.key import Scope
from analytics_hub.domain.member import NewMember, Person
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.tenancy.issue import issue_key
from tests.support.api_world import World

PATHS = ("/v1/keys", "/v1/members", "/v1/audit")


@pytest.fixture
def world() -> World:
    world = World()
    ann = Person("https://login.example", "ann")
    world.tenants.add_member(NewMember(uuid4(), world.tenant_id, ann, Role.ADMIN, "ann@acme.example"))
    return world


@pytest.mark.parametrize("path", PATHS)
def test_only_an_admin_reads_them(world: World, path: str) -> None:
    assert world.get(path, world.admin_key).status == 200
    for key in (world.query_key, world.ingest_key):
        refused = world.get(path, key)
        assert (refused.status, refused.body["code"]) == (403, "scope_missing")


def test_keys_are_listed_without_their_text_or_hash(world: World) -> None:
    answer = world.get("/v1/keys", world.admin_key)
    body = KeysBody.model_validate(answer.body)
    assert {tuple(key.scopes) for key in body.keys} == {("query",), ("ingest",), ("admin",)}
    assert {key.state for key in body.keys} == {"in_force"}
    stored = world.tenants.key(body.keys[0].prefix)
    assert stored is not None
    text = answer.content.decode()
    assert stored.key_hash.hex() not in text
    assert not any(key.split("_")[2] in text for key in (world.query_key, world.admin_key))


def test_members_are_listed_with_their_roles(world: World) -> None:
    [member] = MembersBody.model_validate(world.get("/v1/members", world.admin_key).body).members
    assert (member.subject, member.role, member.email) == ("ann", "admin", "ann@acme.example")


def test_the_audit_log_says_who_did_what(world: World) -> None:
    lines = AuditBody.model_validate(world.get("/v1/audit", world.admin_key, {"to": "2026-11-06"}).body).lines
    assert [line.action for line in lines] == ["key.issue"] * 3
    assert lines[0].detail["scopes"] == ["admin"]
    earlier = world.get("/v1/audit", world.admin_key, {"to": "-1h"})
    assert earlier.body["lines"] == []


@pytest.mark.parametrize("path", PATHS)
def test_pages_hold_every_row_once(world: World, path: str) -> None:
    name = {"/v1/keys": "keys", "/v1/members": "members", "/v1/audit": "lines"}[path]
    ask = {"to": "2026-11-06"} if path == "/v1/audit" else {}
    whole = world.get(path, world.admin_key, ask).body[name]
    rows, cursor = [], None
    for _ in whole:
        page = world.get(
            path, world.admin_key, {**ask, "limit": "1"} | ({"cursor": cursor} if cursor else {})
        )
        rows += page.body[name]
        cursor = page.body["next"]
    assert (rows, cursor) == (whole, None)


@pytest.mark.parametrize("path", PATHS)
def test_a_cursor_of_another_list_or_tenant_is_refused(world: World, path: str) -> None:
    cursor = world.get("/v1/keys", world.admin_key, {"limit": "1"}).body["next"]
    other = world.tenants.create(NewTenant("other")).tenant_id
    keys = [world.admin_key] if path != "/v1/keys" else []
    for key in (*keys, issue_key(world.tenants, other, [Scope.ADMIN]).text):
        refused = world.get(path, key, {"cursor": cursor})
        assert (refused.status, refused.body["code"]) == (422, "bad_cursor")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("ask", "code"),
    [
        ({"limit": "0"}, "bad_limit"),
        ({"limit": "101"}, "bad_limit"),
        ({"cursor": "x"}, "bad_cursor"),
        ({"tenant": "other"}, "unknown_parameter"),
    ],
)
def test_bad_questions_are_refused(world: World, path: str, ask: dict[str, str], code: str) -> None:
    refused = world.get(path, world.admin_key, ask)
    assert (refused.status, refused.body["code"]) == (422, code)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson", "application/vnd.apache.parquet"])
def test_they_come_as_tables_too(world: World, path: str, accept: str) -> None:
    answer = world.get(path, world.admin_key, headers={"Accept": accept})
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, accept)
