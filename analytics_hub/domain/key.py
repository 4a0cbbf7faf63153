"""API keys as values: what a key may do, and the rows that stores keep of it. The key's text is made and
checked in `analytics_hub/tenancy/key_text.py`; here there are only its public prefix and a hash.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from analytics_hub.domain.tenant import TenantId


class Scope(StrEnum):
    """What a key may do."""

    INGEST = "ingest"
    QUERY = "query"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A row to add to `hub.api_keys`. The hash is SHA-256 of the whole key."""

    key_id: UUID
    tenant_id: TenantId
    prefix: str
    key_hash: bytes
    scopes: frozenset[Scope]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What `hub.authenticate(prefix)` tells: enough to decide, nothing of any other key."""

    key_id: UUID
    tenant_id: TenantId
    slug: str
    key_hash: bytes
    scopes: frozenset[Scope]
    expires_at: datetime | None
    revoked_at: datetime | None
