"""Members in the database: looked up as hub_reader through `hub.member` only.

In: who somebody is by a checked credential. Out: `StoredMember`. Its rules are in `analytics_hub/tenancy`.
"""

from analytics_hub.domain.access import Role
from analytics_hub.domain.member import StoredMember
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.statements import statements


class PostgresMemberStore:
    """Looks members up for a serving process."""

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool

    async def find(self, issuer: str, subject: str, slug: str) -> StoredMember | None:
        args = {"issuer": issuer, "subject": subject, "slug": slug}
        async with self._pool.reading() as connection:
            cursor = await connection.execute(statements("members")["member"], args)
            row = await cursor.fetchone()
        if row is None:
            return None
        tenant_id, slug, role, removed_at = row
        return StoredMember(tenant_id, slug, None if role is None else Role(role), removed_at)
