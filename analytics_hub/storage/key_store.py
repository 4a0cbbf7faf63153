"""API keys in the database: written as hub_maint, looked up as hub_reader through `hub.authenticate` only.

Rows hold a prefix and a hash; the text of a key never comes here. Its rules are in `analytics_hub/tenancy`.
"""

from collections.abc import Sequence
from datetime import UTC, timedelta
from uuid import UUID

from analytics_hub.domain.errors import Conflict, NotFound
from analytics_hub.domain.key import NewKey, RetiredKey, Scope, StoredKey
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.audit_store import PostgresAuditBook
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.statements import statements


class PostgresKeyBook(PostgresAuditBook):
    """Writes keys, over one connection in autocommit mode."""

    def add(self, key: NewKey) -> None:
        args = {
            "key_id": key.key_id,
            "tenant_id": int(key.tenant_id),
            "prefix": key.prefix,
            "key_hash": key.key_hash,
            "scopes": sorted(key.scopes),
            "expires_at": key.expires_at,
            "name": key.name,
        }
        if self._execute("keys", "add_key", args).rowcount == 0:
            raise Conflict("prefix_taken", "There is a key of this prefix already.", field="prefix")

    def retire(self, tenant: TenantId, prefix: str, grace: timedelta) -> RetiredKey:
        args = {"tenant_id": int(tenant), "prefix": prefix, "grace": grace}
        row = self._execute("keys", "retire_key", args).fetchone()
        if row is None:
            raise _no_such_key()
        name, scopes, ends_at, successor = row
        return RetiredKey(
            name,
            frozenset(map(Scope, scopes)),
            ends_at.astimezone(UTC),
            successor and successor.astimezone(UTC),
        )

    def revoke(self, tenant: TenantId, prefix: str) -> None:
        """From now on the key is refused, by serving processes within seconds."""
        args = {"tenant_id": int(tenant), "prefix": prefix}
        if self._execute("keys", "revoke_key", args).rowcount == 0:
            raise _no_such_key()


class PostgresKeyStore:
    """Looks keys up for a serving process, and marks the used ones."""

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool

    async def find(self, prefix: str) -> StoredKey | None:
        async with self._pool.reading() as connection:
            cursor = await connection.execute(statements("keys")["authenticate"], {"prefix": prefix})
            row = await cursor.fetchone()
        if row is None:
            return None
        key_id, tenant_id, slug, key_hash, scopes, expires_at, revoked_at = row
        return StoredKey(
            key_id, tenant_id, slug, key_hash, frozenset(map(Scope, scopes)), expires_at, revoked_at
        )

    async def touch(self, key_ids: Sequence[UUID]) -> None:
        """These were used just now."""
        async with self._pool.reading() as connection, connection.transaction():
            await connection.execute(statements("keys")["allow_writing"])
            await connection.execute(statements("keys")["touch_keys"], {"key_ids": list(key_ids)})


def _no_such_key() -> NotFound:
    return NotFound("no_such_key", "There is no such key in force.", field="prefix")
