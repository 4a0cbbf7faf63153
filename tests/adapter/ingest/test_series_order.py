"""Two writers that meet the same new series take them in one order, whatever order they found them in."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from analytics_hub.storage.statements import statements
from tests.support.database import Database
from tests.support.deltas import add_series
from tests.support.lock_waits import wait_until_blocked

_SQL = statements("flush")
_FOUND = """INSERT INTO pg_temp.flush_series (tenant_id, series_id, provider, provider_account, model, operation,
                service_tier, environment, project, status, tags)
            SELECT %s, n, '', '', '', '', '', '', '', '', '{}' FROM unnest(%s::int8[]) WITH ORDINALITY AS s (n, place)
            ORDER BY place"""


def test_a_writer_waits_before_it_has_what_the_other_needs(each_db: Database) -> None:
    tenant = each_db.add_tenant("acme")
    with (
        psycopg.connect(each_db.writer_dsn) as first,
        psycopg.connect(each_db.writer_dsn) as second,
        ThreadPoolExecutor(1) as pool,
    ):
        second.execute(_SQL["make_temp_series"])
        second.execute(_FOUND, [tenant, [2, 1]])
        add_series(first, tenant, 1)
        waiting = pool.submit(second.execute, _SQL["insert_series"])
        wait_until_blocked(each_db, first)
        # Unsorted, the second one would hold 2 by now and wait for 1: a circle.
        add_series(first, tenant, 2)
        first.commit()
        waiting.result()
        second.commit()
