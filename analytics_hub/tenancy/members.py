"""Members of tenants: where a person's role is looked up.

In: an issuer, a subject and a tenant's slug, all from a credential that somebody has checked. Out: a `StoredMember`.
"""

from typing import Protocol

from analytics_hub.domain.member import StoredMember


class MemberStore(Protocol):
    """Where people are looked up. None: there is no such tenant."""

    async def find(self, issuer: str, subject: str, slug: str) -> StoredMember | None: ...
