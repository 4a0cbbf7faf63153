"""What is sent to the database while a block runs: the text of each statement, and what is bound to it.

In: nothing. Out: a `Sent`, filled as asynchronous cursors execute; `forgetful`, the texts that read tenants' views and
name no tenant.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

_VIEW = re.compile(r"\bhub_read\.(?!rollup_retention\b|prices\b|price_books\b)")
_TENANT = re.compile(r"\btenant_id\b|\bcur_tenant\(\)")


@dataclass
class Sent:
    """In the order of execution."""

    texts: list[str] = field(default_factory=list)
    bound: list[str] = field(default_factory=list)

    def forgetful(self) -> list[str]:
        return [text for text in self.texts if _VIEW.search(text) and not _TENANT.search(text)]


@contextmanager
def statements_sent() -> Iterator[Sent]:
    sent, execute = Sent(), psycopg.AsyncCursor.execute

    async def watched(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        sent.texts.append(query.decode() if isinstance(query, bytes) else str(query))
        sent.bound.append(repr(params))
        return await execute(self, query, params, **options)

    psycopg.AsyncCursor.execute = watched  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        psycopg.AsyncCursor.execute = execute  # type: ignore[method-assign]
