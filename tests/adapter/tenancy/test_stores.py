"""Tenants and keys on a real database: made as hub_maint, looked up as hub_reader."""

import asyncio
from datetime import timedelta

import pytest
from psycopg import errors

from analytics_hub.domain.access import Right
from analytics_hub.domain.errors import Conflict, NotAuthenticated, NotFound
from analytics_hub.domain.tenant import NewTenant, TenantId
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.storage.tenant_store import PostgresTenantStore
from analytics_hub.tenancy.authenticate import Caller
from analytics_hub.tenancy.issue import issue_key
from analytics_hub.tenancy.key_text import new_key_text
from tests.support.database import Database
from tests.support.services import NOW, open_services


def caller(db: Database, text: str) -> Caller:
    async def main() -> Caller:
        async with open_services(db.reader_dsn) as services:
            return await services.authenticator.caller(text)

    return asyncio.run(main())


def test_a_tenant_comes_back_as_it_was_made(db: Database) -> None:
    with db.connect("hub_maint") as connection:
        store = PostgresTenantStore(connection)
        made = store.create(NewTenant("acme", "Acme Ltd", timedelta(days=30), ("team", "cost-centre"), 500))
        assert store.find("acme") == made
        assert (made.late_horizon, made.declared_tags) == (timedelta(days=30), ("team", "cost-centre"))
        history = store.create(NewTenant("aaa", late_horizon=None))
        assert history.late_horizon is None
        assert [tenant.slug for tenant in store.all()] == ["aaa", "acme"]


def test_a_taken_slug_conflicts_and_an_absent_one_is_not_found(db: Database) -> None:
    with db.connect("hub_maint") as connection:
        store = PostgresTenantStore(connection)
        store.create(NewTenant("acme"))
        with pytest.raises(Conflict, match="slug_taken"):
            store.create(NewTenant("acme"))
        with pytest.raises(NotFound, match="no_such_tenant"):
            store.find("nobody")


def test_an_issued_key_names_its_tenant(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    with db.connect("hub_maint") as connection:
        key = issue_key(PostgresKeyBook(connection), tenant, ["query", "ingest"])
    found = caller(db, key.text)
    assert (found.tenant, found.slug, found.rights) == (
        tenant,
        "acme",
        frozenset({Right.SEND, Right.VIEW, Right.QUERY}),
    )


def test_the_text_of_a_key_is_not_in_the_database(db: Database) -> None:
    with db.connect("hub_maint") as connection:
        key = issue_key(PostgresKeyBook(connection), TenantId(db.add_tenant("acme")), ["query"])
        row = connection.execute("SELECT k::text FROM hub.api_keys k").fetchone()
    assert row is not None
    assert key.text.split("_")[2] not in row[0]


def test_revoked_expired_and_unknown_keys_are_refused(db: Database) -> None:
    tenant = TenantId(db.add_tenant("acme"))
    with db.connect("hub_maint") as connection:
        book = PostgresKeyBook(connection)
        revoked = issue_key(book, tenant, ["query"])
        # Revoked by the database's clock, which may be ahead of the one that the test holds.
        book.revoke(tenant, revoked.prefix)
        connection.execute("UPDATE hub.api_keys SET revoked_at = %s WHERE tenant_id = %s", [NOW, tenant])
        expired = issue_key(book, tenant, ["query"], expires_at=NOW)
        with pytest.raises(NotFound, match="no_such_key"):
            book.revoke(tenant, revoked.prefix)
    for text, code in (
        (revoked.text, "key_revoked"),
        (expired.text, "key_expired"),
        (new_key_text().text, "unknown_key"),
    ):
        with pytest.raises(NotAuthenticated, match=code):
            caller(db, text)


def test_the_reader_cannot_read_a_hash(db: Database) -> None:
    with db.connect("hub_reader") as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("SELECT key_hash FROM hub.api_keys")
