"""The books of tenants, keys, members and acts, in memory or on a real database: one shape for tests of both."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from analytics_hub.domain.access import Actor, ActorKind
from analytics_hub.domain.audit import AuditLine
from analytics_hub.domain.key import ListedKey, StoredKey
from analytics_hub.domain.member import Member
from analytics_hub.storage.access_store import PostgresAccessStore
from analytics_hub.storage.key_store import PostgresKeyBook, PostgresKeyStore
from analytics_hub.storage.member_store import PostgresMemberBook
from analytics_hub.storage.reader_pool import ReaderPool, open_reader_pool
from analytics_hub.storage.tenant_store import PostgresTenantStore
from analytics_hub.tenancy.issue import TenantStore
from analytics_hub.tenancy.lists import AccessStore
from analytics_hub.tenancy.members import MemberBook
from analytics_hub.tenancy.memory import MemoryAccessStore, MemoryTenants
from analytics_hub.tenancy.retire import KeyCabinet
from tests.support.database import Database

_T = TypeVar("_T")
ROOT = Actor(ActorKind.OPERATOR, "root")
_LONG = timedelta(days=1)


class _Lists(Protocol):
    def __call__(self, ask: Callable[[AccessStore], Awaitable[_T]]) -> _T: ...


@dataclass(frozen=True, slots=True)
class Books:
    """Where acts are written, and how to look at what became of them."""

    tenants: TenantStore
    keys: KeyCabinet
    members: MemberBook
    lists: _Lists
    stored_key: Callable[[str], StoredKey | None]
    now: Callable[[], datetime]

    def tenant_keys(self, slug: str) -> list[ListedKey]:
        tenant = self.tenants.find(slug).tenant_id
        return list(self.lists(lambda store: store.keys(tenant, None, 100)))

    def tenant_members(self, slug: str) -> list[Member]:
        tenant = self.tenants.find(slug).tenant_id
        return list(self.lists(lambda store: store.members(tenant, None, 100)))

    def lines(self, slug: str) -> list[AuditLine]:
        tenant = self.tenants.find(slug).tenant_id
        start, end = self.now() - _LONG, self.now() + _LONG
        return list(self.lists(lambda store: store.audit(tenant, start, end, None, 100)))


def memory_books() -> Books:
    now = datetime(2026, 11, 5, 12, tzinfo=UTC)
    tenants = MemoryTenants(now)
    store = MemoryAccessStore(tenants)

    def lists(ask: Callable[[AccessStore], Awaitable[_T]]) -> _T:
        return asyncio.run(_awaited(ask(store)))

    return Books(tenants, tenants, tenants, lists, tenants.key, lambda: now)


@contextmanager
def postgres_books(db: Database) -> Iterator[Books]:
    def lists(ask: Callable[[AccessStore], Awaitable[_T]]) -> _T:
        return pooled(db, lambda pool: ask(PostgresAccessStore(pool)))

    def stored_key(prefix: str) -> StoredKey | None:
        return pooled(db, lambda pool: PostgresKeyStore(pool).find(prefix))

    with db.connect("hub_maint") as connection:

        def now() -> datetime:
            row = connection.execute("SELECT now()").fetchone()
            assert row is not None
            assert isinstance(row[0], datetime)
            return row[0]

        yield Books(
            PostgresTenantStore(connection),
            PostgresKeyBook(connection),
            PostgresMemberBook(connection),
            lists,
            stored_key,
            now,
        )


def pooled(db: Database, ask: Callable[[ReaderPool], Awaitable[_T]]) -> _T:
    """Asks over one reader connection."""

    async def main() -> _T:
        async with open_reader_pool(
            db.reader_dsn,
            "hub-test",
            connections_min=1,
            connections_max=1,
            wait_s=60,
            connect_s=60,
            statement_timeout_ms=60_000,
            work_mem_mb=16,
        ) as pool:
            return await ask(pool)

    return asyncio.run(main())


async def _awaited(what: Awaitable[_T]) -> _T:
    return await what
