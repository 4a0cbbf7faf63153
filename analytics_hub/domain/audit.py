"""Lines of the audit log: who did what to whom in a tenant's name. The rows are `hub.audit_log`.

A line holds no secret and no e-mail address: nobody can take it out again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from analytics_hub.domain.access import Actor
from analytics_hub.domain.page import RowPlace
from analytics_hub.domain.tenant import TenantId


class Action(StrEnum):
    """What can be done in a tenant's name; every one of them leaves a line."""

    TENANT_CREATE = "tenant.create"
    KEY_ISSUE = "key.issue"
    KEY_ROTATE = "key.rotate"
    KEY_REVOKE = "key.revoke"
    MEMBER_ADD = "member.add"
    MEMBER_ROLE = "member.role"
    MEMBER_REMOVE = "member.remove"


@dataclass(frozen=True, slots=True)
class NewAuditLine:
    """A line to add. `subject`: the slug of a tenant, the prefix of a key, the subject of a member."""

    tenant_id: TenantId
    actor: Actor
    action: Action
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What JSON can say."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A line as it was written. The action is text: a later version may have written it."""

    audit_id: int
    at: datetime
    tenant: str
    """The slug."""
    actor: Actor
    action: str
    subject: str
    detail: Mapping[str, Any]

    @property
    def place(self) -> RowPlace:
        return RowPlace(self.at, self.audit_id)
