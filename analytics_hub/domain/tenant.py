"""Tenants: who pays and who may see. Slug, number and rules.

The number is what travels after authentication (`analytics_hub/tenancy`); the slug is what people type.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from analytics_hub.domain.errors import InvalidInput

TenantId = NewType("TenantId", int)
"""The tenant's number (`hub.tenants.tenant_id`); positive, given by the database."""

SLUG_CHARS_MAX = 63  # a slug fits wherever a DNS label does
NAME_CHARS_MAX = 200
DECLARED_TAGS_MAX = 8  # each declared tag multiplies the number of series
TAG_KEY_BYTES_MAX = 64
SERIES_MAX_DEFAULT = 10_000
LATE_HORIZON_DEFAULT = timedelta(days=7)

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Tenant:
    """A row of `hub.tenants`. `late_horizon=None` accepts events of any age."""

    tenant_id: TenantId
    slug: str
    name: str
    late_horizon: timedelta | None
    declared_tags: tuple[str, ...]
    series_max: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """What a writer may know of a tenant: enough to judge its events."""

    tenant_id: TenantId
    slug: str
    late_horizon: timedelta | None
    declared_tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewTenant:
    """What is asked for when a tenant is made; the rules are checked here."""

    slug: str
    name: str = ""
    late_horizon: timedelta | None = LATE_HORIZON_DEFAULT
    declared_tags: tuple[str, ...] = ()
    series_max: int = SERIES_MAX_DEFAULT

    def __post_init__(self) -> None:
        object.__setattr__(self, "slug", checked_slug(self.slug))
        if len(self.name) > NAME_CHARS_MAX:
            raise InvalidInput("name_too_long", "name", f"A name has at most {NAME_CHARS_MAX} characters.")
        if self.late_horizon is not None and self.late_horizon <= timedelta():
            raise InvalidInput(
                "bad_late_horizon", "late_horizon", "The late horizon must be longer than zero."
            )
        if self.series_max < 1:
            raise InvalidInput("bad_series_max", "series_max", "A tenant needs room for at least one series.")
        _check_tags(self.declared_tags)


def checked_slug(text: str) -> str:
    """The slug itself when it keeps the rules, else InvalidInput."""
    if not _SLUG.fullmatch(text):
        raise InvalidInput(
            "bad_slug",
            "slug",
            f"A slug is 1 to {SLUG_CHARS_MAX} lower-case letters, digits and inner hyphens.",
        )
    return text


def _check_tags(tags: tuple[str, ...]) -> None:
    if len(tags) > DECLARED_TAGS_MAX:
        raise InvalidInput(
            "too_many_tags", "declared_tags", f"At most {DECLARED_TAGS_MAX} tags can be declared."
        )
    if len(set(tags)) != len(tags):
        raise InvalidInput("tag_twice", "declared_tags", "A tag is declared twice.")
    for key in tags:
        if not key.strip() or len(key.encode()) > TAG_KEY_BYTES_MAX:
            raise InvalidInput(
                "bad_tag", "declared_tags", f"A tag key has 1 to {TAG_KEY_BYTES_MAX} bytes and is not blank."
            )
