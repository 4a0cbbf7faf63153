"""The wall between tenants, attacked as the roles that serve: reader, writer, maint."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from analytics_hub.storage.connections import tenant_transaction
from tests.support.database import Database, copy_of
from tests.support.isolation import AT, TENANT_VIEWS, Neighbours, add_neighbours

DENIED = psycopg.errors.InsufficientPrivilege


@pytest.fixture(scope="module")
def db(template: Database) -> Iterator[Database]:
    """One database for all: every act here is a read or is refused."""
    with copy_of(template) as database:
        yield database


@pytest.fixture(scope="module")
def neighbours(db: Database) -> Neighbours:
    return add_neighbours(db)


@pytest.fixture
def reader(db: Database, neighbours: Neighbours) -> Iterator[psycopg.Connection[Any]]:
    with db.connect("hub_reader") as conn:
        yield conn


def views(conn: psycopg.Connection[Any]) -> set[str]:
    return {
        name
        for (name,) in conn.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'hub_read'::regnamespace"
        )
    }


def tables(conn: psycopg.Connection[Any]) -> list[str]:
    """Every table and partition of the base schemas."""
    return [
        name
        for (name,) in conn.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace IN "
            "(SELECT oid FROM pg_namespace WHERE nspname IN ('hub', 'hub_migrations')) ORDER BY 1"
        )
    ]


def tenants_in(cursor: psycopg.Cursor[Any], view: str) -> set[int]:
    query = sql.SQL("SELECT tenant_id FROM hub_read.{}").format(sql.Identifier(view))
    return {tenant for (tenant,) in cursor.execute(query)}


def test_the_list_of_tenant_views_is_complete(reader: psycopg.Connection[Any]) -> None:
    assert views(reader) - {"price_books", "prices", "rollup_retention"} == set(TENANT_VIEWS)


@pytest.mark.parametrize("view", TENANT_VIEWS)
def test_a_reader_sees_its_own_rows_only(
    reader: psycopg.Connection[Any], neighbours: Neighbours, view: str
) -> None:
    with tenant_transaction(reader, neighbours.ours) as cursor:
        assert tenants_in(cursor, view) == {neighbours.ours}


def test_asking_for_the_neighbour_by_number_gives_nothing(
    reader: psycopg.Connection[Any], neighbours: Neighbours
) -> None:
    with tenant_transaction(reader, neighbours.ours) as cursor:
        for view in TENANT_VIEWS:
            query = sql.SQL("SELECT count(*) FROM hub_read.{} WHERE tenant_id = %s").format(
                sql.Identifier(view)
            )
            assert cursor.execute(query, [neighbours.theirs]).fetchone() == (0,)


def test_without_a_tenant_every_view_is_empty(reader: psycopg.Connection[Any]) -> None:
    with reader.cursor() as cursor:
        assert [view for view in TENANT_VIEWS if tenants_in(cursor, view)] == []


def test_the_tenant_ends_with_its_transaction(
    reader: psycopg.Connection[Any], neighbours: Neighbours
) -> None:
    with tenant_transaction(reader, neighbours.ours):
        pass
    with pytest.raises(ZeroDivisionError), tenant_transaction(reader, neighbours.ours):
        raise ZeroDivisionError
    with reader.cursor() as cursor:
        assert tenants_in(cursor, "series") == set()


def test_a_condition_that_talks_sees_no_foreign_row(
    reader: psycopg.Connection[Any], neighbours: Neighbours
) -> None:
    # A cheap condition with a side effect is run before a test that is no barrier: division by zero tells.
    with tenant_transaction(reader, neighbours.ours) as cursor:
        for view in TENANT_VIEWS:
            query = sql.SQL("SELECT count(*) FROM hub_read.{} WHERE 1 / (tenant_id - %s) IS NOT NULL")
            assert cursor.execute(query.format(sql.Identifier(view)), [neighbours.theirs]).fetchone() == (1,)


def test_a_reader_has_no_right_on_any_base_table(db: Database, neighbours: Neighbours) -> None:
    with db.connect("postgres") as admin:
        names = tables(admin)
    assert len(names) > 15
    with db.connect("hub_reader") as conn:
        for name in names:
            for statement in (
                "SELECT 1 FROM {}",
                "DELETE FROM {}",
                "TRUNCATE {}",
                "SELECT count(*) FROM {}",
            ):
                conn.execute("SET default_transaction_read_only = off")
                with pytest.raises(DENIED):
                    conn.execute(statement.format(name))


@pytest.mark.parametrize("view", TENANT_VIEWS)
def test_a_reader_deletes_through_no_view(reader: psycopg.Connection[Any], view: str) -> None:
    reader.execute("SET default_transaction_read_only = off")
    # Of a view that is made of more than its table's rows nobody may, whatever his rights.
    with pytest.raises((DENIED, psycopg.errors.ObjectNotInPrerequisiteState)):
        reader.execute(sql.SQL("DELETE FROM hub_read.{}").format(sql.Identifier(view)))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE hub.mine (a int)",
        "CREATE TABLE hub_read.mine (a int)",
        "CREATE TABLE public.mine (a int)",
        "CREATE TEMP TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "SET ROLE hub_owner",
        "SET ROLE hub_auth",
        "SELECT hub.ensure_day('{2026-01-01}')",
        "SELECT nextval('hub.flush_id_seq')",
        "CREATE FUNCTION hub_read.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "COPY hub_read.series TO PROGRAM 'cat'",
        "SELECT pg_read_file('PG_VERSION')",
    ],
)
def test_a_reader_may_do_nothing_else(reader: psycopg.Connection[Any], statement: str) -> None:
    reader.execute("SET default_transaction_read_only = off")
    with pytest.raises(DENIED):
        reader.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT source FROM hub.usage_events",
        "SELECT * FROM hub.usage_events",
        "UPDATE hub.usage_events SET input_tokens = 0",
        "DELETE FROM hub.usage_events",
        "SELECT * FROM hub.usage_1m",
        "DELETE FROM hub.usage_1m",
        "INSERT INTO hub.usage_1h SELECT * FROM hub.usage_1h",
        "DELETE FROM hub.rollup_marks",
        "SELECT * FROM hub.dead_letters",
        "UPDATE hub.series SET model = ''",
        "DELETE FROM hub.ingest_offsets",
        "SELECT name FROM hub.tenants",
        "SELECT * FROM hub.api_keys",
        "UPDATE hub.tenants SET series_max = 1",
        "UPDATE hub.prices SET prices = '{}'",
        "SELECT * FROM hub_read.usage_events",
        "SET ROLE hub_owner",
        "CREATE TABLE hub.mine (a int)",
    ],
)
def test_a_writer_may_not(db: Database, neighbours: Neighbours, statement: str) -> None:
    with db.connect("hub_writer") as conn, pytest.raises(DENIED):
        conn.execute(statement)


def test_a_writer_reads_the_keys_and_limits_that_it_needs(db: Database, neighbours: Neighbours) -> None:
    with db.connect("hub_writer") as conn:
        assert conn.execute(
            "SELECT count(*) FROM (SELECT tenant_id, ts, event_key FROM hub.usage_events)"
        ).fetchone() == (2,)
        limits = "SELECT tenant_id, slug, late_horizon, declared_tags, series_max FROM hub.tenants ORDER BY 1"
        assert [row[:2] for row in conn.execute(limits)] == [
            (neighbours.ours, "ours"),
            (neighbours.theirs, "theirs"),
        ]


def test_even_the_owner_sees_control_tables_of_one_tenant_only(db: Database, neighbours: Neighbours) -> None:
    with db.connect("hub_owner") as conn:
        assert conn.execute("SELECT count(*) FROM hub.tenants").fetchone() == (0,)
        with tenant_transaction(conn, neighbours.ours) as cursor:
            assert cursor.execute("SELECT tenant_id FROM hub.api_keys").fetchall() == [(neighbours.ours,)]


def test_authenticate_gives_one_key_and_its_tenant(
    reader: psycopg.Connection[Any], neighbours: Neighbours
) -> None:
    query = "SELECT tenant_id, slug, scopes FROM hub.authenticate(%s)"
    assert reader.execute(query, [f"p{neighbours.theirs}"]).fetchall() == [
        (neighbours.theirs, "theirs", ["query"])
    ]
    assert reader.execute(query, ["p%"]).fetchall() == []


def test_counts_that_were_not_stored_read_as_zero(
    reader: psycopg.Connection[Any], neighbours: Neighbours
) -> None:
    with tenant_transaction(reader, neighbours.ours) as cursor:
        row = cursor.execute(
            "SELECT ts, cache_read_tokens, web_searches, tags, cost_other_pico_usd, cost_pico_usd, latency_us "
            "FROM hub_read.usage_events"
        ).fetchone()
    assert row == (AT, 0, 0, {}, 0, 7, None)
