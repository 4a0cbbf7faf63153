"""Migrations on a real server: once, twice, at once, cut off half way, and against a schema that does not fit."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from analytics_hub.domain.errors import Broken, Conflict, TryLater
from analytics_hub.storage.advisory import LockClass
from analytics_hub.storage.migrate import (
    FOLDER,
    bootstrap,
    changed_migrations,
    check_schema,
    check_texts,
    known_migrations,
    migrate,
)
from tests.support.database import Database

NEXT = "9999_next"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations that tests may add to."""
    return Path(shutil.copytree(FOLDER, tmp_path / "migrations"))


def add(folder: Path, text: str) -> None:
    (folder / f"{NEXT}.sql").write_text(f"-- depends: {known_migrations()[-1]}\n{text}\n")


def tables(db: Database) -> set[str]:
    with db.connect("hub_owner") as conn:
        return {
            name
            for (name,) in conn.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'hub'::regnamespace"
            )
        }


def test_migrating_applies_every_file_in_order(raw_db: Database) -> None:
    assert migrate(raw_db.owner_dsn) == known_migrations()


def test_migrating_twice_applies_nothing(db: Database) -> None:
    assert migrate(db.owner_dsn) == []


def test_bootstrapping_twice_does_nothing(raw_db: Database) -> None:
    assert bootstrap(raw_db.admin_dsn, raw_db.name) is False


def test_a_bootstrap_that_was_cut_off_is_finished(raw_db: Database) -> None:
    with raw_db.connect("postgres") as admin:
        admin.execute("UPDATE pg_database SET datacl = NULL WHERE datname = current_database()")
    assert bootstrap(raw_db.admin_dsn, raw_db.name) is True
    with raw_db.connect("postgres") as admin:
        row = admin.execute(
            "SELECT has_database_privilege('public', current_database(), 'TEMPORARY')"
        ).fetchone()
    assert row == (False,)


def test_of_several_migrations_at_once_one_works(raw_db: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [raw_db.owner_dsn] * 4))
    assert sorted(applied, key=len) == [[], [], [], known_migrations()]


def test_a_new_file_is_applied_alone(db: Database, folder: Path) -> None:
    add(folder, "CREATE TABLE hub.extra (a int);")
    assert migrate(db.owner_dsn, folder=folder) == [NEXT]
    assert "extra" in tables(db)


def test_a_faulty_file_leaves_nothing_behind(db: Database, folder: Path) -> None:
    add(folder, "CREATE TABLE hub.extra (a int);\nSELECT 1 / 0;")
    with pytest.raises(Broken, match="division by zero"):
        migrate(db.owner_dsn, folder=folder)
    assert "extra" not in tables(db)
    add(folder, "CREATE TABLE hub.extra (a int);")
    assert migrate(db.owner_dsn, folder=folder) == [NEXT]


def test_a_migration_that_was_cut_off_is_done_by_the_next(db: Database, folder: Path) -> None:
    add(folder, "CREATE TABLE hub.extra (a int);\nDO $$ BEGIN PERFORM pg_sleep(60); END $$;")
    with db.connect("postgres") as admin:
        cut_off = threading.Thread(target=_cut_off, args=[admin])
        cut_off.start()
        with pytest.raises(Broken, match="migration_failed"):
            migrate(db.owner_dsn, folder=folder)
        cut_off.join()
    add(folder, "CREATE TABLE hub.extra (a int);")
    assert migrate(db.owner_dsn, folder=folder) == [NEXT]


def _cut_off(admin: psycopg.Connection) -> None:
    """Ends the session that sleeps in a migration, as the death of its process would."""
    query = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event = 'PgSleep'"""
    while admin.execute(query).fetchone() == (0,):
        admin.execute("SELECT pg_sleep(0.01)")


def edit(folder: Path, name: str) -> None:
    path = folder / f"{name}.sql"
    path.write_text(path.read_text() + "-- one word more\n")


def test_a_migration_that_was_edited_after_it_was_applied_stops_the_next(db: Database, folder: Path) -> None:
    add(folder, "CREATE TABLE hub.extra (a int);")
    edit(folder, known_migrations()[3])
    with pytest.raises(Conflict, match=known_migrations()[3]):
        migrate(db.owner_dsn, folder=folder)
    assert "extra" not in tables(db)


def test_texts_are_compared_without_anything_to_apply(db: Database, folder: Path) -> None:
    with db.connect("hub_owner") as conn:
        check_texts(conn, folder)
        edit(folder, known_migrations()[-1])
        assert changed_migrations(conn, folder) == [known_migrations()[-1]]
        with pytest.raises(Conflict, match=known_migrations()[-1]):
            check_texts(conn, folder)


def test_other_line_ends_are_no_change(db: Database, folder: Path) -> None:
    path = folder / f"{known_migrations()[0]}.sql"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    with db.connect("hub_owner") as conn:
        assert changed_migrations(conn, folder) == []


def test_a_database_from_before_texts_were_kept_takes_them_as_they_are(db: Database, folder: Path) -> None:
    edit(folder, known_migrations()[0])
    with db.connect("hub_owner") as conn:
        conn.execute("DROP TABLE hub_migrations.applied_text")
        assert changed_migrations(conn, folder) == []
        add(folder, "CREATE TABLE hub.extra (a int);")
        assert migrate(db.owner_dsn, folder=folder) == [NEXT]
        assert changed_migrations(conn, folder) == []
        edit(folder, NEXT)
        assert changed_migrations(conn, folder) == [NEXT]


def test_waiting_for_another_migration_has_an_end(raw_db: Database) -> None:
    with raw_db.connect("hub_owner") as other:
        other.execute("SELECT pg_advisory_lock(%s, 0)", [LockClass.MIGRATE])
        with pytest.raises(TryLater, match="another migration"):
            migrate(raw_db.owner_dsn, wait_s=0.1)


@pytest.mark.parametrize("role", ["hub_reader", "hub_writer", "hub_maint"])
def test_a_fitting_schema_is_accepted_by_every_role(db: Database, role: str) -> None:
    with db.connect(role) as conn:
        check_schema(conn)


def test_an_older_schema_is_refused_with_the_command_to_run(db: Database, raw_db: Database) -> None:
    with raw_db.connect("hub_owner") as conn, pytest.raises(Conflict, match="hub migrate"):
        check_schema(conn)
    with db.connect("hub_owner") as conn:
        conn.execute(
            "DELETE FROM hub_migrations._yoyo_migration WHERE migration_id = %s", [known_migrations()[-1]]
        )
        with pytest.raises(Conflict, match=known_migrations()[-1]):
            check_schema(conn)


def test_a_newer_schema_is_refused(db: Database, folder: Path) -> None:
    add(folder, "CREATE TABLE hub.extra (a int);")
    migrate(db.owner_dsn, folder=folder)
    with db.connect("hub_reader") as conn, pytest.raises(Conflict, match=NEXT):
        check_schema(conn)


def test_only_the_owner_migrates(raw_db: Database) -> None:
    with pytest.raises(Broken, match="hub_owner"):
        migrate(raw_db.admin_dsn)
