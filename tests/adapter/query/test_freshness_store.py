"""The version of a tenant's data on a real database: every commit changes it for ever, and nothing else does."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from analytics_hub.domain.freshness import DataVersion, flush_window
from analytics_hub.domain.tenant import TenantId
from tests.support.database import Database
from tests.support.services import open_services

HOUR = datetime(2026, 11, 5, 8, tzinfo=UTC)


def version(db: Database, tenant: int) -> DataVersion:
    async def main() -> DataVersion:
        async with open_services(db.reader_dsn) as services:
            return (await services.freshness.freshness(TenantId(tenant))).version

    return asyncio.run(main())


def flush(conn: psycopg.Connection[Any], tenant: int, hour: datetime = HOUR) -> None:
    """The line that a flush leaves in the ledger."""
    conn.execute(
        "INSERT INTO hub.ingest_ledger (tenant_id, hour, flush_id, received, stored, duplicate, rejected)"
        " VALUES (%s, %s, nextval('hub.flush_id_seq'), 1, 1, 0, 0)",
        [tenant, hour],
    )


def age(db: Database, by: timedelta) -> None:
    """Time goes by: what was flushed lies so much further back."""
    with psycopg.connect(db.admin_dsn, autocommit=True) as admin:
        admin.execute("UPDATE hub.ingest_ledger SET flushed_at = flushed_at - %s", [by])


def test_every_flush_gives_a_version_that_was_never_before(each_db: Database) -> None:
    tenant = each_db.add_tenant("acme")
    seen = [version(each_db, tenant)]
    for _ in range(3):
        with each_db.connect("hub_writer") as writer:
            flush(writer, tenant)
        seen.append(version(each_db, tenant))
    assert len(set(seen)) == 4
    assert version(each_db, tenant) == seen[-1]


def test_a_flush_that_began_earlier_and_is_committed_later_changes_the_version(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer", autocommit=False) as slow, db.connect("hub_writer") as quick:
        flush(slow, tenant)
        flush(quick, tenant)
        before = version(db, tenant)
        slow.commit()
    after = version(db, tenant)
    assert after != before
    assert after.newest_flush == before.newest_flush


@pytest.mark.parametrize(
    "gap",
    [
        timedelta(minutes=4),
        timedelta(minutes=50),
        timedelta(hours=11),
        timedelta(days=6),
        timedelta(days=900),
    ],
)
def test_the_newest_flush_is_found_however_long_ago_it_was(db: Database, gap: timedelta) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer:
        flush(writer, tenant)
        before = version(db, tenant)
        age(db, gap)
        aged = version(db, tenant)
        assert before.newest_flush is not None
        assert aged.newest_flush == before.newest_flush - gap
        assert aged.flushes == 1


def test_what_lies_behind_the_window_is_not_counted(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer:
        flush(writer, tenant)
        flush(writer, tenant)
        age(db, flush_window(120))
        flush(writer, tenant)
    assert version(db, tenant).flushes == 1


def test_another_tenants_flush_changes_nothing(db: Database) -> None:
    tenant, other = db.add_tenant("acme"), db.add_tenant("other")
    before = version(db, tenant)
    with db.connect("hub_writer") as writer:
        flush(writer, other)
    assert version(db, tenant) == before


def test_without_a_tenant_the_newest_flush_is_nobodys(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer:
        flush(writer, tenant)
    with db.connect("hub_reader") as reader:
        assert reader.execute("SELECT * FROM hub.newest_flush('1 day')").fetchone() == (None, 0)
    with db.connect("hub_writer") as writer, pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.execute("SELECT * FROM hub.newest_flush('1 day')")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE hub.tenants SET declared_tags = ARRAY['team']",
        "UPDATE hub.rollup_retention SET minutes_dropped_before = '2026-01-01 00:00Z'",
        "UPDATE hub.rollup_retention SET minutes_dropped_before = '2026-01-01 00:00Z',"
        " hours_dropped_before = '2026-01-01 00:00Z'",
        "UPDATE hub.rollup_retention SET events_dropped_before = '2026-01-01 00:00Z'",
    ],
)
def test_declared_tags_and_retention_are_part_of_the_version(db: Database, change: str) -> None:
    tenant = db.add_tenant("acme")
    before = version(db, tenant)
    with psycopg.connect(db.admin_dsn, autocommit=True) as admin:
        admin.execute(change.encode())
    assert version(db, tenant) != before
