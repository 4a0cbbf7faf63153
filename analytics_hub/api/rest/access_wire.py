"""The shapes on the wire of keys, members and audit lines: JSON bodies and tables. The other way is in the routes.

No hash and no text of a key is in them: neither comes this far.
"""

from datetime import datetime
from typing import Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.api.rest.table import Cell, Column, Fact, Kind, Table
from analytics_hub.domain.audit import AuditLine
from analytics_hub.domain.key import ListedKey
from analytics_hub.domain.member import Member
from analytics_hub.domain.page import Page


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KeyBody(_Body):
    prefix: str = Field(description="What stands between the first two underscores of the key.")
    name: str = Field(description="For people; may be empty.")
    scopes: list[Literal["admin", "ingest", "query"]]
    state: Literal["in_force", "expired", "revoked"]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="True to a minute or two; null: never.")


class KeysBody(_Body):
    keys: list[KeyBody] = Field(description="Newest first, those that have ended too.")
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


class MemberBody(_Body):
    id: str
    issuer: str
    subject: str
    email: str = Field(description="For people; may be empty, and nobody signs in by it.")
    role: Literal["viewer", "analyst", "admin"]
    added_at: datetime
    removed_at: datetime | None = Field(description="When the member left; the role is the one of then.")


class MembersBody(_Body):
    members: list[MemberBody] = Field(description="Newest first, those that have left too.")
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


class AuditLineBody(_Body):
    id: int
    at: datetime
    actor_kind: Literal["key", "member", "operator"]
    actor: str = Field(description="The prefix of a key, issuer and subject of a member, or a user's name.")
    action: str = Field(description="`key.issue`, `member.role`, …")
    subject: str = Field(description="The prefix of a key, the subject of a member, the slug of the tenant.")
    detail: dict[str, Any] = Field(description="What belongs to the action.")


class AuditBody(_Body):
    lines: list[AuditLineBody] = Field(description="Newest first.")
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


_KEY_COLUMNS: Final = (
    *(Column(name, Kind.TEXT) for name in ("prefix", "name", "scopes", "state")),
    *(Column(name, Kind.TIME) for name in ("created_at", "expires_at", "revoked_at", "last_used_at")),
)
_MEMBER_COLUMNS: Final = (
    *(Column(name, Kind.TEXT) for name in ("id", "issuer", "subject", "email", "role")),
    *(Column(name, Kind.TIME) for name in ("added_at", "removed_at")),
)
_AUDIT_COLUMNS: Final = (
    Column("id", Kind.COUNT),
    Column("at", Kind.TIME),
    *(Column(name, Kind.TEXT) for name in ("actor_kind", "actor", "action", "subject", "detail")),
)


def key_body(key: ListedKey, now: datetime) -> dict[str, Any]:
    return {
        "prefix": key.prefix,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "state": key.state(now).value,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }


def member_body(member: Member) -> dict[str, Any]:
    return {
        "id": str(member.member_id),
        "issuer": member.person.issuer,
        "subject": member.person.subject,
        "email": member.email,
        "role": member.role.value,
        "added_at": member.added_at,
        "removed_at": member.removed_at,
    }


def line_body(line: AuditLine) -> dict[str, Any]:
    return {
        "id": line.audit_id,
        "at": line.at,
        "actor_kind": line.actor.kind.value,
        "actor": line.actor.name,
        "action": line.action,
        "subject": line.subject,
        "detail": line.detail,
    }


def keys_body(page: Page[ListedKey], now: datetime, following: str | None) -> dict[str, Any]:
    return {"keys": [key_body(key, now) for key in page.rows], "next": following}


def members_body(page: Page[Member], following: str | None) -> dict[str, Any]:
    return {"members": [member_body(member) for member in page.rows], "next": following}


def audit_body(page: Page[AuditLine], following: str | None) -> dict[str, Any]:
    return {"lines": [line_body(line) for line in page.rows], "next": following}


def keys_table(page: Page[ListedKey], now: datetime, following: str | None) -> Table:
    return _table(_KEY_COLUMNS, [key_body(key, now) for key in page.rows], following)


def members_table(page: Page[Member], following: str | None) -> Table:
    return _table(_MEMBER_COLUMNS, [member_body(member) for member in page.rows], following)


def audit_table(page: Page[AuditLine], following: str | None) -> Table:
    return _table(_AUDIT_COLUMNS, [line_body(line) for line in page.rows], following)


def _table(columns: tuple[Column, ...], bodies: list[dict[str, Any]], following: str | None) -> Table:
    facts: dict[str, Fact] = {"next": following}
    return Table(columns, [[_cell(body[column.name]) for column in columns] for body in bodies], facts)


def _cell(value: Any) -> Cell:
    """Several scopes are one text; details are JSON."""
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    cell: Cell = value
    return cell
