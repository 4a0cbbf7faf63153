"""An act and its line in the audit log, both or neither.

In: a book, who acts, and what on. Out: a transaction around the act, whose last statement is the line: an act that
fails leaves none, and an act whose line cannot be written did not happen.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from analytics_hub.domain.access import Actor
from analytics_hub.domain.audit import Action, NewAuditLine
from analytics_hub.domain.tenant import TenantId


class AuditBook(Protocol):
    """Where acts are written down. What happens inside `transaction` happens whole or not at all."""

    def transaction(self) -> AbstractContextManager[object]: ...

    def record(self, line: NewAuditLine) -> None: ...


@contextmanager
def act(
    book: AuditBook, by: Actor, action: Action, tenant: TenantId, subject: str
) -> Iterator[dict[str, Any]]:
    """Around an act: gives the details of its line, to be filled in as they become known."""
    detail: dict[str, Any] = {}
    with book.transaction():
        yield detail
        book.record(NewAuditLine(tenant, by, action, subject, detail))
