"""The ledger on a real database: hours add up over flushes, and a broken equation shows."""

import asyncio
from datetime import datetime

from analytics_hub.domain.ledger import Ledger, LedgerCount
from analytics_hub.domain.tenant import TenantId
from tests.support.database import Database
from tests.support.deltas import minute
from tests.support.services import open_services


def post(db: Database, tenant: int, hour: datetime, *counts: int) -> None:
    with db.connect("hub_writer") as writer:
        writer.execute(
            "INSERT INTO hub.ingest_ledger (tenant_id, hour, flush_id, received, stored, duplicate, rejected)"
            " VALUES (%s, %s, nextval('hub.flush_id_seq'), %s, %s, %s, %s)",
            [tenant, hour, *counts],
        )


def account(db: Database, tenant: int, start: datetime, end: datetime) -> Ledger:
    async def main() -> Ledger:
        async with open_services(db.reader_dsn) as services:
            return await services.ledger.account(TenantId(tenant), start, end)

    return asyncio.run(main())


def test_flushes_of_an_hour_are_one_line_and_lines_add_up(db: Database) -> None:
    tenant = db.add_tenant("acme")
    post(db, tenant, minute("2026-11-01 10:00"), 10, 7, 2, 1)
    post(db, tenant, minute("2026-11-01 10:00"), 5, 5, 0, 0)
    post(db, tenant, minute("2026-11-01 12:00"), 1, 0, 0, 1)
    found = account(db, tenant, minute("2026-11-01 10:45"), minute("2026-11-01 13:00"))
    assert [(hour.hour.hour, hour.count.received) for hour in found.hours] == [(10, 15), (12, 1)]
    assert found.total == LedgerCount(16, 12, 2, 2)
    assert found.balanced


def test_a_lost_event_shows_even_when_another_hour_has_one_too_many(db: Database) -> None:
    tenant = db.add_tenant("acme")
    post(db, tenant, minute("2026-11-01 10:00"), 10, 9, 0, 0)
    post(db, tenant, minute("2026-11-01 11:00"), 10, 11, 0, 0)
    found = account(db, tenant, minute("2026-11-01 10:00"), minute("2026-11-01 12:00"))
    assert found.total.balanced
    assert not found.balanced


def test_the_ledger_of_another_tenant_is_not_seen(db: Database) -> None:
    tenant, other = db.add_tenant("acme"), db.add_tenant("other")
    post(db, tenant, minute("2026-11-01 10:00"), 10, 10, 0, 0)
    assert account(db, other, minute("2026-11-01 10:00"), minute("2026-11-01 12:00")).hours == ()
