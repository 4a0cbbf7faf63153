"""People looked up as hub_reader: the tenant they name, and what they are in it."""

from collections.abc import Iterator

import pytest

from analytics_hub.domain.access import Role
from analytics_hub.domain.member import StoredMember
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.member_store import PostgresMemberStore
from tests.support.books import pooled
from tests.support.database import Database, copy_of

ISSUER = "https://login.example"


@pytest.fixture(scope="module")
def one_db(template: Database) -> Iterator[Database]:
    with copy_of(template) as database:
        tenant = database.add_tenant("acme")
        database.add_tenant("other")
        with database.connect("hub_maint") as maint:
            for subject, role, removed in (
                ("ann", "admin", None),
                ("bob", "viewer", "2026-01-02"),
                ("eve", "viewer", "2026-01-02"),
                ("eve", "analyst", None),
            ):
                maint.execute(
                    "INSERT INTO hub.members (tenant_id, member_id, issuer, subject, role, removed_at)"
                    " VALUES (%s, gen_random_uuid(), %s, %s, %s, %s)",
                    [tenant, ISSUER, subject, role, removed],
                )
        yield database


def find(db: Database, issuer: str, subject: str, slug: str) -> StoredMember | None:
    return pooled(db, lambda pool: PostgresMemberStore(pool).find(issuer, subject, slug))


def test_a_member_has_its_role(one_db: Database) -> None:
    assert find(one_db, ISSUER, "ann", "acme") == StoredMember(TenantId(1), "acme", Role.ADMIN)


def test_somebody_who_left_keeps_the_lost_role_with_the_date(one_db: Database) -> None:
    found = find(one_db, ISSUER, "bob", "acme")
    assert found is not None
    assert (found.role, found.removed_at is None) == (Role.VIEWER, False)


def test_somebody_who_came_back_has_the_new_role(one_db: Database) -> None:
    assert find(one_db, ISSUER, "eve", "acme") == StoredMember(TenantId(1), "acme", Role.ANALYST)


@pytest.mark.parametrize(
    ("issuer", "subject"), [(ISSUER, "Ann"), ("https://login.example/", "ann"), ("", "")]
)
def test_a_stranger_has_no_role_in_a_tenant_that_exists(one_db: Database, issuer: str, subject: str) -> None:
    assert find(one_db, issuer, subject, "acme") == StoredMember(TenantId(1), "acme", None)


def test_a_member_of_one_tenant_is_none_of_another(one_db: Database) -> None:
    assert find(one_db, ISSUER, "ann", "other") == StoredMember(TenantId(2), "other", None)


def test_an_absent_tenant_has_no_answer(one_db: Database) -> None:
    assert find(one_db, ISSUER, "ann", "nobody") is None
