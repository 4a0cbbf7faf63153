"""Who says who is asking, wired as a serving process wires it: the key that was let in shows when."""

from analytics_hub.cli.authenticating import authenticator, open_last_use
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.settings import AccessSettings, default_settings
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.tenancy.issue import create_tenant, issue_key
from tests.support.books import ROOT, pooled, postgres_books
from tests.support.database import Database


def test_the_last_use_of_a_key_is_on_record_when_the_process_ends(db: Database) -> None:
    settings = default_settings(access=AccessSettings.model_construct(last_use_wait_s=60.0))
    with postgres_books(db) as books:
        tenant = create_tenant(books.tenants, NewTenant("acme"), by=ROOT).tenant_id
        used, idle = (issue_key(books.keys, tenant, ["query"], by=ROOT) for _ in range(2))

        async def serve(pool: ReaderPool) -> None:
            async with open_last_use(settings, pool, SystemClock()) as uses:
                caller = await authenticator(settings, pool, SystemClock(), uses).caller(used.text)
                assert caller.tenant == tenant

        pooled(db, serve)
        shown = {key.prefix: key.last_used_at is not None for key in books.tenant_keys("acme")}
    assert shown == {used.prefix: True, idle.prefix: False}
