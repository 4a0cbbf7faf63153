"""The book of replays: which dead letter was submitted again, when, and what became of it.

In: verdicts. Out: rows of `hub.dead_letter_replays`, append-only, written as hub_writer. A replay is rare and asked for
by a person, so it opens a connection of its own. Readers see the latest one of a letter through `dead_letter_store.py`.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from analytics_hub.domain.dead_letter import ReplayVerdict
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.statements import statements
from analytics_hub.storage.tenant_rules import Guard


class PostgresReplayBook:
    """`connect` opens a connection of hub_writer in autocommit mode; `guard` cuts it off at a deadline."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], guard: Guard) -> None:
        self._connect = connect
        self._guard = guard

    async def record(self, tenant: TenantId, verdicts: Sequence[ReplayVerdict]) -> None:
        await asyncio.to_thread(self._write, tenant, verdicts)

    def _write(self, tenant: TenantId, verdicts: Sequence[ReplayVerdict]) -> None:
        args = {
            "tenant_id": int(tenant),
            "ids": [int(verdict.dead_letter_id) for verdict in verdicts],
            "outcomes": [verdict.outcome.value for verdict in verdicts],
            "codes": [verdict.code for verdict in verdicts],
        }
        with translated(), self._connect() as connection, self._guard(connection.fileno()):
            connection.execute(statements("dead_letters")["add_replays"], args)
