"""API keys as values: what a key may do, and the rows that stores keep of it. The key's text is made and
checked in `analytics_hub/tenancy/key_text.py`; here there are only its public prefix and a hash.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.page import RowPlace
from analytics_hub.domain.tenant import TenantId

KEY_NAME_CHARS_MAX: Final = 100


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
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.name) > KEY_NAME_CHARS_MAX or not self.name.isprintable():
            raise InvalidInput(
                "bad_key_name", "name", f"A name has at most {KEY_NAME_CHARS_MAX} printable characters."
            )


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


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """A key that has got a successor: what the successor takes over, and when each of them ends."""

    name: str
    scopes: frozenset[Scope]
    ends_at: datetime
    successor_expires_at: datetime | None
    """As long after now as the old one was made to live."""


class KeyState(StrEnum):
    """What a key is at a moment."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ListedKey:
    """What may be shown of a key: never its hash."""

    key_id: UUID
    prefix: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    """True to the minute or so: it is written now and then."""

    @property
    def place(self) -> RowPlace:
        return RowPlace(self.created_at, self.key_id.int)

    def state(self, now: datetime) -> KeyState:
        if self.revoked_at is not None and self.revoked_at <= now:
            return KeyState.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return KeyState.EXPIRED
        return KeyState.IN_FORCE
