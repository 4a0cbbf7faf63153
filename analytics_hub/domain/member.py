"""Members as values: people in a tenant, named by who vouches for them and by what they are called there.

The rows are `hub.members`; what a role may do is in `access.py`, where they are looked up in
`analytics_hub/tenancy/members.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from analytics_hub.domain.access import Role
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.page import RowPlace
from analytics_hub.domain.tenant import TenantId

ISSUER_CHARS_MAX: Final = 500
SUBJECT_CHARS_MAX: Final = 255  # what OpenID Connect allows
EMAIL_CHARS_MAX: Final = 320  # 64 before the @, 255 behind it


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as an issuer names them: its `iss` and `sub`, letter by letter."""

    issuer: str
    subject: str

    def __post_init__(self) -> None:
        _check(self.issuer, "issuer", ISSUER_CHARS_MAX)
        _check(self.subject, "subject", SUBJECT_CHARS_MAX)


@dataclass(frozen=True, slots=True)
class NewMember:
    """A row to add to `hub.members`. The address is for people: nobody is found by it."""

    member_id: UUID
    tenant_id: TenantId
    person: Person
    role: Role
    email: str = ""

    def __post_init__(self) -> None:
        if self.email:
            _check(self.email, "email", EMAIL_CHARS_MAX)


@dataclass(frozen=True, slots=True)
class Member:
    """A row of `hub.members`."""

    member_id: UUID
    person: Person
    email: str
    role: Role
    added_at: datetime
    removed_at: datetime | None = None

    @property
    def place(self) -> RowPlace:
        return RowPlace(self.added_at, self.member_id.int)


@dataclass(frozen=True, slots=True)
class StoredMember:
    """What `hub.member(issuer, subject, slug)` tells. No role: the tenant is there, and the person never was in it. A
    member who left keeps the role that was lost, and has a `removed_at`.
    """

    tenant_id: TenantId
    slug: str
    role: Role | None
    removed_at: datetime | None = None


def _check(text: str, field: str, chars_max: int) -> None:
    if not 0 < len(text) <= chars_max or not text.isprintable() or text != text.strip():
        raise InvalidInput(
            f"bad_{field}", field, f"It has 1 to {chars_max} printable characters and no space around them."
        )
