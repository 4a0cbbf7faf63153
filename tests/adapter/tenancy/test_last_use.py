"""The use of a key is on record, written by a reader, who may write nothing else."""

from analytics_hub.domain.tenant import NewTenant
from analytics_hub.storage.key_store import PostgresKeyStore
from analytics_hub.tenancy.issue import create_tenant, issue_key
from tests.support.books import ROOT, pooled, postgres_books
from tests.support.database import Database


def test_a_touched_key_shows_when(db: Database) -> None:
    with postgres_books(db) as books:
        tenant = create_tenant(books.tenants, NewTenant("acme"), by=ROOT).tenant_id
        used, unused = (issue_key(books.keys, tenant, ["query"], by=ROOT) for _ in range(2))
        before = books.now()
        pooled(db, lambda pool: PostgresKeyStore(pool).touch([used.key_id]))
        listed = {key.prefix: key.last_used_at for key in books.tenant_keys("acme")}
    assert listed[unused.prefix] is None
    found = listed[used.prefix]
    assert found is not None
    assert found >= before
