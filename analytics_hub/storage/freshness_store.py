"""The real store behind `analytics_hub/query/freshness.py`: one statement of hub_reader through the barrier views."""

from datetime import UTC, timedelta

from analytics_hub.domain.freshness import DataVersion, Freshness
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import tenant_transaction_async
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.storage.statements import statements


class PostgresFreshnessStore:
    """`window`: how long the flushes that run at a time can be apart in their beginnings."""

    def __init__(self, pool: ReaderPool, *, window: timedelta) -> None:
        self._pool = pool
        self._window = window

    async def freshness(self, tenant: TenantId) -> Freshness:
        args = {"tenant_id": int(tenant), "window": self._window}
        async with (
            self._pool.reading() as connection,
            tenant_transaction_async(connection, tenant) as cursor,
        ):
            await cursor.execute(statements("freshness")["freshness"], args)
            row = await cursor.fetchone()
        assert row is not None  # the one row of the retention
        taken_at, newest, flushes, tags, *dropped = row
        version = DataVersion(
            newest_flush=newest and newest.astimezone(UTC),
            flushes=flushes,
            declared_tags=tuple(sorted(tags or ())),
            dropped_before=tuple(moment.astimezone(UTC) for moment in dropped),
        )
        return Freshness(version, taken_at.astimezone(UTC))
