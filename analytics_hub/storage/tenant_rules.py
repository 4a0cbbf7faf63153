"""What a writer may know of tenants, read as hub_writer: number, slug, late horizon, declared tags.

In: a tenant's number or slug. Out: `TenantLimits`, or None when there is no such tenant; TryLater when the
database does not answer in time. One connection, opened when needed and thrown away when in doubt; `guard` cuts
its socket off when a silent server passes the deadline (`ingest/deadline.py`). Who keeps the answers for a while
is `ingest/tenant_directory.py`.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg

from analytics_hub.domain.tenant import TenantId, TenantLimits
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.statements import statements

_STATEMENTS = statements("tenants")

Guard = Callable[[int], AbstractContextManager[None]]
"""While inside, the socket of this number lives no longer than a deadline."""


class PostgresTenantRules:
    """Looks tenants up, one question at a time; any thread may ask."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], guard: Guard) -> None:
        self._connect = connect
        self._guard = guard
        self._connection: psycopg.Connection[Any] | None = None
        self._lock = threading.Lock()

    def load(self, tenant_id: int) -> TenantLimits | None:
        return self._find("tenant_limits", {"tenant_id": tenant_id})

    def load_by_slug(self, slug: str) -> TenantLimits | None:
        return self._find("tenant_limits_by_slug", {"slug": slug})

    def close(self) -> None:
        with self._lock:
            self._discard()

    def _find(self, name: str, args: dict[str, object]) -> TenantLimits | None:
        with self._lock, translated():
            try:
                if self._connection is None:
                    self._connection = self._connect()
                with self._guard(self._connection.fileno()):
                    row = self._connection.execute(_STATEMENTS[name], args).fetchone()
            except psycopg.Error:
                self._discard()
                raise
        if row is None:
            return None
        tenant_id, slug, late_horizon, declared_tags = row
        return TenantLimits(TenantId(tenant_id), slug, late_horizon, tuple(declared_tags))

    def _discard(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
