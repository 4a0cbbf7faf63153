"""Acts on keys and members: the books in memory and on the database keep the same rules, and every act its line."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest

from analytics_hub.domain.access import Role
from analytics_hub.domain.audit import AuditLine, NewAuditLine
from analytics_hub.domain.errors import Conflict, InvalidInput, NotFound
from analytics_hub.domain.key import KeyState, ListedKey, Scope
from analytics_hub.domain.member import Member, Person
from analytics_hub.domain.tenant import NewTenant, TenantId
from analytics_hub.tenancy.issue import create_tenant, issue_key
from analytics_hub.tenancy.key_text import KeyText, new_key_text
from analytics_hub.tenancy.lists import AccessStore
from analytics_hub.tenancy.members import add_member, change_role, remove_member
from analytics_hub.tenancy.retire import revoke_key, rotate_key
from tests.support.books import ROOT, Books, memory_books, postgres_books
from tests.support.database import Database, copy_of

DAY = timedelta(days=1)
NUMBERS = itertools.count(1)
ANN = Person("https://login.example", "ann")


@pytest.fixture(scope="module")
def one_db(template: Database) -> Iterator[Database]:
    """One database for all: each test has a tenant of its own."""
    with copy_of(template) as database:
        yield database


@pytest.fixture(params=["memory", "postgres"])
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    if request.param == "memory":
        yield memory_books()
    else:
        with postgres_books(request.getfixturevalue("one_db")) as real:
            yield real


@pytest.fixture
def slug() -> str:
    """A name that no other test has."""
    return f"tenant-{next(NUMBERS)}"


@pytest.fixture
def tenant(books: Books, slug: str) -> TenantId:
    return create_tenant(books.tenants, NewTenant(slug, "Acme"), by=ROOT).tenant_id


def acts(books: Books, slug: str) -> list[tuple[str, str]]:
    """Action and subject of every line but the first one, oldest first."""
    return [(line.action, line.subject) for line in reversed(books.lines(slug))][1:]


def test_making_a_tenant_is_written_down(books: Books, slug: str, tenant: TenantId) -> None:
    [line] = books.lines(slug)
    assert (line.tenant, line.action, line.subject, line.actor) == (slug, "tenant.create", slug, ROOT)
    assert line.detail == {"name": "Acme", "declared_tags": []}
    assert tenant == books.tenants.find(slug).tenant_id


def test_a_taken_slug_leaves_no_second_line(books: Books, slug: str, tenant: TenantId) -> None:
    with pytest.raises(Conflict, match="slug_taken"):
        create_tenant(books.tenants, NewTenant(slug), by=ROOT)
    assert len(books.lines(slug)) == 1


def test_an_issued_key_is_listed_by_its_name_and_written_down(
    books: Books, slug: str, tenant: TenantId
) -> None:
    ends = books.now() + DAY
    key = issue_key(books.keys, tenant, ["query", "ingest"], by=ROOT, name="edge", expires_at=ends)
    [listed] = books.tenant_keys(slug)
    assert (listed.prefix, listed.name, listed.expires_at) == (key.prefix, "edge", ends)
    assert (listed.scopes, listed.last_used_at) == (frozenset({Scope.INGEST, Scope.QUERY}), None)
    assert listed.state(books.now()) is KeyState.IN_FORCE
    [line] = books.lines(slug)[:-1]
    assert (line.action, line.subject) == ("key.issue", key.prefix)
    assert (line.detail["name"], line.detail["scopes"]) == ("edge", ["ingest", "query"])


def test_a_key_whose_prefix_is_taken_leaves_no_line(books: Books, slug: str, tenant: TenantId) -> None:
    text = new_key_text()
    issue_key(books.keys, tenant, ["query"], by=ROOT, make=lambda: text)
    with pytest.raises(Conflict, match="prefix_taken"):
        issue_key(books.keys, tenant, ["query"], by=ROOT, make=lambda: text)
    assert acts(books, slug) == [("key.issue", text.prefix)]


def test_a_key_whose_line_cannot_be_written_is_not_made(
    books: Books, slug: str, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_book: object, _line: NewAuditLine) -> None:
        raise Conflict("failpoint", "The log is full.")

    monkeypatch.setattr(type(books.keys), "record", failing)
    with pytest.raises(Conflict, match="failpoint"):
        issue_key(books.keys, tenant, ["query"], by=ROOT)
    assert books.tenant_keys(slug) == []


def test_a_rotated_key_holds_until_the_grace_is_over(books: Books, slug: str, tenant: TenantId) -> None:
    old = issue_key(books.keys, tenant, ["query"], by=ROOT, name="board")
    turn = rotate_key(books.keys, tenant, old.prefix, grace=DAY, by=ROOT)
    listed = {key.prefix: key for key in books.tenant_keys(slug)}
    assert listed[old.prefix].expires_at == turn.old_ends_at
    assert listed[old.prefix].state(turn.old_ends_at - DAY / 2) is KeyState.IN_FORCE
    assert listed[old.prefix].state(turn.old_ends_at) is KeyState.EXPIRED
    new = listed[turn.key.prefix]
    assert (new.name, new.scopes, new.expires_at) == ("board", frozenset({Scope.QUERY}), None)
    assert books.stored_key(turn.key.prefix) is not None
    assert acts(books, slug) == [("key.issue", old.prefix), ("key.rotate", old.prefix)]
    assert books.lines(slug)[0].detail["successor"] == turn.key.prefix


def test_a_successor_is_made_to_live_as_long_as_the_old_key_was(
    books: Books, slug: str, tenant: TenantId
) -> None:
    old = issue_key(books.keys, tenant, ["query"], by=ROOT, expires_at=books.now() + DAY)
    turn = rotate_key(books.keys, tenant, old.prefix, grace=7 * DAY, by=ROOT)
    listed = {key.prefix: key for key in books.tenant_keys(slug)}
    # The grace is longer than the life that is left: the old key ends when it would have.
    assert turn.old_ends_at == old.expires_at
    assert turn.key.expires_at is not None
    life = turn.key.expires_at - listed[turn.key.prefix].created_at
    assert abs(life - DAY) < timedelta(hours=1)


def test_without_grace_a_rotated_key_ends_at_once(books: Books, slug: str, tenant: TenantId) -> None:
    old = issue_key(books.keys, tenant, ["query"], by=ROOT)
    rotate_key(books.keys, tenant, old.prefix, grace=timedelta(), by=ROOT)
    states = {key.prefix: key.state(books.now()) for key in books.tenant_keys(slug)}
    assert states[old.prefix] is KeyState.EXPIRED


def test_a_rotation_without_room_for_the_successor_leaves_the_old_key_alone(
    books: Books, slug: str, tenant: TenantId
) -> None:
    taken: KeyText = new_key_text()
    old = issue_key(books.keys, tenant, ["query"], by=ROOT, make=lambda: taken)
    with pytest.raises(Conflict, match="prefix_taken"):
        rotate_key(books.keys, tenant, old.prefix, grace=DAY, by=ROOT, make=lambda: taken)
    [listed] = books.tenant_keys(slug)
    assert listed.expires_at is None
    assert acts(books, slug) == [("key.issue", old.prefix)]


def test_an_end_in_the_past_is_refused(books: Books, tenant: TenantId) -> None:
    old = issue_key(books.keys, tenant, ["query"], by=ROOT)
    with pytest.raises(InvalidInput, match="bad_grace"):
        rotate_key(books.keys, tenant, old.prefix, grace=-DAY, by=ROOT)


def test_a_revoked_key_can_be_neither_revoked_nor_rotated_again(
    books: Books, slug: str, tenant: TenantId
) -> None:
    key = issue_key(books.keys, tenant, ["query"], by=ROOT)
    revoke_key(books.keys, tenant, key.prefix, by=ROOT)
    with pytest.raises(NotFound, match="no_such_key"):
        revoke_key(books.keys, tenant, key.prefix, by=ROOT)
    with pytest.raises(NotFound, match="no_such_key"):
        rotate_key(books.keys, tenant, key.prefix, grace=DAY, by=ROOT)
    assert books.tenant_keys(slug)[0].state(books.now() + DAY) is KeyState.REVOKED
    assert acts(books, slug) == [("key.issue", key.prefix), ("key.revoke", key.prefix)]


def test_a_key_of_another_tenant_is_out_of_reach(books: Books, slug: str, tenant: TenantId) -> None:
    other = create_tenant(books.tenants, NewTenant("other-" + slug), by=ROOT).tenant_id
    key = issue_key(books.keys, tenant, ["query"], by=ROOT)
    with pytest.raises(NotFound, match="no_such_key"):
        revoke_key(books.keys, other, key.prefix, by=ROOT)
    with pytest.raises(NotFound, match="no_such_key"):
        rotate_key(books.keys, other, key.prefix, grace=DAY, by=ROOT)
    assert books.tenant_keys("other-" + slug) == []
    assert acts(books, slug) == [("key.issue", key.prefix)]


def test_members_come_change_and_go_each_with_a_line(books: Books, slug: str, tenant: TenantId) -> None:
    add_member(books.members, tenant, ANN, "viewer", by=ROOT, email="ann@acme.example")
    assert change_role(books.members, tenant, "ann@acme.example", "admin", by=ROOT).role is Role.VIEWER
    assert remove_member(books.members, tenant, "ann", by=ROOT).role is Role.ADMIN
    [listed] = books.tenant_members(slug)
    assert (listed.person, listed.role, listed.removed_at is None) == (ANN, Role.ADMIN, False)
    assert acts(books, slug) == [("member.add", "ann"), ("member.role", "ann"), ("member.remove", "ann")]
    assert books.lines(slug)[1].detail == {"issuer": ANN.issuer, "before": "viewer", "role": "admin"}


def test_no_address_stands_in_the_log(books: Books, slug: str, tenant: TenantId) -> None:
    add_member(books.members, tenant, ANN, "viewer", by=ROOT, email="ann@acme.example")
    remove_member(books.members, tenant, "ann@acme.example", by=ROOT)
    assert "acme.example" not in str(books.lines(slug))


def test_nobody_is_a_member_twice_at_a_time(books: Books, slug: str, tenant: TenantId) -> None:
    add_member(books.members, tenant, ANN, "viewer", by=ROOT)
    with pytest.raises(Conflict, match="member_already"):
        add_member(books.members, tenant, ANN, "admin", by=ROOT)
    assert acts(books, slug) == [("member.add", "ann")]
    remove_member(books.members, tenant, "ann", by=ROOT)
    add_member(books.members, tenant, ANN, "analyst", by=ROOT)
    roles = {(member.role, member.removed_at is None) for member in books.tenant_members(slug)}
    assert roles == {(Role.VIEWER, False), (Role.ANALYST, True)}


def test_a_name_that_fits_two_members_is_refused(books: Books, slug: str, tenant: TenantId) -> None:
    add_member(books.members, tenant, ANN, "viewer", by=ROOT)
    add_member(books.members, tenant, Person("https://other.example", "ann"), "viewer", by=ROOT)
    with pytest.raises(Conflict, match="member_unclear"):
        remove_member(books.members, tenant, "ann", by=ROOT)
    remove_member(books.members, tenant, "ann", by=ROOT, issuer="https://other.example")
    present = [member for member in books.tenant_members(slug) if member.removed_at is None]
    assert [member.person for member in present] == [ANN]


def test_a_stranger_is_not_found_and_leaves_no_line(books: Books, slug: str, tenant: TenantId) -> None:
    with pytest.raises(NotFound, match="no_such_member"):
        change_role(books.members, tenant, "nobody", "admin", by=ROOT)
    with pytest.raises(NotFound, match="no_such_member"):
        remove_member(books.members, tenant, "nobody", by=ROOT)
    assert acts(books, slug) == []


def test_an_unknown_role_is_refused(books: Books, tenant: TenantId) -> None:
    with pytest.raises(InvalidInput, match="unknown_role"):
        add_member(books.members, tenant, ANN, "owner", by=ROOT)


def test_pages_of_keys_members_and_lines_hold_every_row_once(
    books: Books, slug: str, tenant: TenantId
) -> None:
    for number in range(5):
        issue_key(books.keys, tenant, ["query"], by=ROOT, name=f"key {number}")
        add_member(books.members, tenant, Person(ANN.issuer, f"user {number}"), "viewer", by=ROOT)
    keys, members, lines = books.tenant_keys(slug), books.tenant_members(slug), books.lines(slug)
    start, end = books.now() - DAY, books.now() + DAY

    async def walk(store: AccessStore) -> tuple[list[ListedKey], list[Member], list[AuditLine]]:
        some_keys, some_members, some_lines = keys[:1], members[:1], lines[:1]
        while more := await store.keys(tenant, some_keys[-1].place, 2):
            some_keys += more
        while moved := await store.members(tenant, some_members[-1].place, 2):
            some_members += moved
        while written := await store.audit(tenant, start, end, some_lines[-1].place, 2):
            some_lines += written
        return some_keys, some_members, some_lines

    assert books.lists(walk) == (keys, members, lines)
    assert (len(keys), len(members), len(lines)) == (5, 5, 11)


def test_lines_outside_the_range_are_left_out(books: Books, tenant: TenantId) -> None:
    issue_key(books.keys, tenant, ["query"], by=ROOT)
    start, end = books.now() - 2 * DAY, books.now() - DAY
    assert list(books.lists(lambda store: store.audit(tenant, start, end, None, 10))) == []
