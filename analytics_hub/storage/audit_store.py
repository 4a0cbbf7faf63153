"""The audit log in the database: written as hub_maint in the transaction of the act, read back by an operator.

In: lines to add; a range. Out: `AuditLine`s. What a tenant's admin reads: `access_store.py`.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
from psycopg.types.json import Jsonb

from analytics_hub.domain.access import Actor, ActorKind
from analytics_hub.domain.audit import AuditLine, NewAuditLine
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.statements import statements


class PostgresAuditBook:
    """Over one connection in autocommit mode; the books of keys and members are of its kind."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def transaction(self) -> AbstractContextManager[object]:
        """A savepoint when one is open already: the outermost decides."""
        return self._connection.transaction()

    def record(self, line: NewAuditLine) -> None:
        args = {
            "tenant_id": int(line.tenant_id),
            "actor_kind": line.actor.kind.value,
            "actor": line.actor.name,
            "action": line.action.value,
            "subject": line.subject,
            "detail": Jsonb(dict(line.detail), dumps=orjson.dumps),
        }
        self._execute("audit", "record", args)

    def newest(
        self, tenant: TenantId | None, start: datetime, end: datetime, limit: int
    ) -> Sequence[AuditLine]:
        """The newest lines of a range; of every tenant when none is named."""
        args = {"tenant_id": tenant and int(tenant), "start": start, "end": end, "limit": limit}
        return [audit_line(row) for row in self._execute("audit", "newest", args)]

    def _execute(self, file: str, name: str, args: dict[str, Any]) -> psycopg.Cursor[Any]:
        with translated():
            return self._connection.execute(statements(file)[name], args)


def audit_line(row: Sequence[Any]) -> AuditLine:
    audit_id, at, slug, actor_kind, actor, action, subject, detail = row
    who = Actor(ActorKind(actor_kind), actor)
    return AuditLine(audit_id, at.astimezone(UTC), slug, who, action, subject, detail)
