"""API keys in the database: written as hub_maint, looked up as hub_reader through `hub.authenticate` only.

Rows hold a prefix and a hash; the text of a key never comes here. Its rules are in `analytics_hub/tenancy`.
"""

from typing import Any

import psycopg

from analytics_hub.domain.errors import NotFound
from analytics_hub.domain.key import NewKey, Scope, StoredKey
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.reader_pool import ReaderPool, translated
from analytics_hub.storage.statements import statements


class PostgresKeyBook:
    """Writes keys, over one connection in autocommit mode."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def add(self, key: NewKey) -> None:
        args = {
            "key_id": key.key_id,
            "tenant_id": int(key.tenant_id),
            "prefix": key.prefix,
            "key_hash": key.key_hash,
            "scopes": sorted(key.scopes),
            "expires_at": key.expires_at,
        }
        with translated():
            self._connection.execute(statements("tenants")["add_key"], args)

    def revoke(self, tenant: TenantId, prefix: str) -> None:
        """From now on the key is refused, by serving processes within seconds."""
        args = {"tenant_id": int(tenant), "prefix": prefix}
        with translated():
            done = self._connection.execute(statements("tenants")["revoke_key"], args)
        if done.rowcount == 0:
            raise NotFound("no_such_key", "There is no such key in force.", field="prefix")


class PostgresKeyStore:
    """Looks keys up for a serving process."""

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool

    async def find(self, prefix: str) -> StoredKey | None:
        async with self._pool.reading() as connection:
            cursor = await connection.execute(statements("tenants")["authenticate"], {"prefix": prefix})
            row = await cursor.fetchone()
        if row is None:
            return None
        key_id, tenant_id, slug, key_hash, scopes, expires_at, revoked_at = row
        return StoredKey(
            key_id, tenant_id, slug, key_hash, frozenset(map(Scope, scopes)), expires_at, revoked_at
        )
