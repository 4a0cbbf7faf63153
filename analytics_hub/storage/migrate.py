"""The one way to make and change the schema: numbered, forward-only SQL files in `migrations/`, applied once each.

In: an address of hub_owner. Out: the names of what was applied; `check_schema` refuses a program and a database that do
not fit each other. A new database first needs `bootstrap` (roles and rights, by a superuser): the embedded server gets
it here, the operator of another server runs `sql/bootstrap_*.sql`.

yoyo-migrations reads the files, orders them and keeps the books (schema hub_migrations). Two of its habits are
replaced, because a process may be killed at any point: it marks a migration in a second transaction (killed in
between, the next run fails on tables that exist), and its lock is a row that outlives its owner. Here a migration and
its mark commit together, under an advisory lock of the connection. And it knows names only: here a digest of each text
is kept beside the mark, so that one which was edited after it was applied is noticed.
"""

import hashlib
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import default_migration_table

from analytics_hub.domain.errors import Broken, Conflict, TryLater
from analytics_hub.storage.advisory import LockClass
from analytics_hub.storage.statements import script

FOLDER = Path(__file__).parent / "migrations"
_BOOKS = "hub_migrations"
_CONNECT_S = 10
_BOOTSTRAP_S = 60
_TEXTS: Final = "hub_migrations.applied_text"
_MAKE_TEXTS: Final = (
    "CREATE TABLE hub_migrations.applied_text (migration_id text PRIMARY KEY, sha256 text NOT NULL)"
)
_KEEP_TEXT: Final = """
    INSERT INTO hub_migrations.applied_text (migration_id, sha256) VALUES (%s, %s)
    ON CONFLICT (migration_id) DO UPDATE SET sha256 = excluded.sha256
"""
ROLES = ("hub_owner", "hub_writer", "hub_maint", "hub_reader", "hub_auth")

# All roles are there, and the database with the rights that bootstrap_database.sql gives it last in one transaction.
_IS_BOOTSTRAPPED = """
    SELECT (SELECT count(*) FROM pg_roles WHERE rolname = ANY (%(roles)s)) = cardinality(%(roles)s::text[])
       AND EXISTS (SELECT FROM pg_database d
                   WHERE d.datname = %(dbname)s AND d.datdba = to_regrole('hub_owner') AND d.datacl IS NOT NULL)
"""


def bootstrap(admin_dsn: str, dbname: str = "hub") -> bool:
    """Roles, database and rights, as superuser. True when there was something to do: a bootstrap that was killed half
    way is finished by the next one."""
    with psycopg.connect(admin_dsn, autocommit=True, connect_timeout=_CONNECT_S) as conn:
        if conn.execute(_IS_BOOTSTRAPPED, {"dbname": dbname, "roles": list(ROLES)}).fetchone() == (True,):
            return False
        # One at a time: two at once would stumble over each other's catalog rows.
        lock_migrations(conn, _BOOTSTRAP_S)
        conn.execute(script("bootstrap_server"))
        if conn.execute("SELECT FROM pg_database WHERE datname = %s", [dbname]).fetchone() is None:
            statement = sql.SQL("CREATE DATABASE {} OWNER hub_owner TEMPLATE template0 ENCODING 'UTF8'")
            conn.execute(statement.format(sql.Identifier(dbname)))
        secure_database(admin_dsn, dbname)
    return True


def secure_database(admin_dsn: str, dbname: str) -> None:
    """Who may enter this database; a copy made with TEMPLATE has lost it."""
    address = make_conninfo(admin_dsn, dbname=dbname)
    with psycopg.connect(address, autocommit=True, connect_timeout=_CONNECT_S) as conn:
        conn.execute(script("bootstrap_database"))


def migrate(owner_dsn: str, *, wait_s: float = 60, folder: Path = FOLDER) -> list[str]:
    """Applies what is missing and returns the names. Several at once: one works, the others wait and find nothing."""
    with psycopg.connect(owner_dsn, autocommit=True, connect_timeout=_CONNECT_S) as conn:
        if not _missing(conn, folder):
            return []
        lock_migrations(conn, wait_s)
        if not _missing(conn, folder):
            return []
        conn.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(_BOOKS)))
        _keep_texts(conn, folder)
        check_texts(conn, folder)
        return _apply(owner_dsn, folder)


def known_migrations(folder: Path = FOLDER) -> list[str]:
    """The names of the migrations that this program brings, in order."""
    return sorted(path.stem for path in folder.glob("*.sql"))


def changed_migrations(conn: psycopg.Connection[Any], folder: Path = FOLDER) -> list[str]:
    """What was edited after it was applied: this database has what the text said then. As hub_owner, whose books
    these are. What was applied before texts were kept is taken to be what the next `migrate` finds."""
    if conn.execute("SELECT to_regclass(%s)", [_TEXTS]).fetchone() == (None,):
        return []
    kept = dict(conn.execute("SELECT migration_id, sha256 FROM hub_migrations.applied_text").fetchall())
    paths = sorted(folder.glob("*.sql"))
    return [path.stem for path in paths if path.stem in kept and kept[path.stem] != _digest(path)]


def check_texts(conn: psycopg.Connection[Any], folder: Path = FOLDER) -> None:
    """Conflict for a database that has not what the migrations say."""
    if changed := changed_migrations(conn, folder):
        raise Conflict(
            "migration_changed",
            f"this database had {', '.join(changed)} before the text was edited: put the old one back, and say what "
            "has changed in a new migration",
        )


def check_schema(conn: psycopg.Connection[Any]) -> None:
    """Conflict when the database is older or newer than this program; for every serving process at start."""
    applied = _applied(conn)
    missing = [name for name in known_migrations() if name not in applied]
    if missing:
        raise Conflict("schema_older", f"the database lacks {', '.join(missing)}: run `hub migrate`")
    unknown = sorted(applied - set(known_migrations()))
    if unknown:
        raise Conflict(
            "schema_newer",
            f"the database has {', '.join(unknown)}, which this program does not know: update it",
        )


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo has no types
    """yoyo's psycopg 3 backend: a migration and its mark in one transaction, its books in a schema of their own."""

    def connect(self, dburi: DatabaseURI) -> psycopg.Connection[Any]:
        options = f"-c search_path={_BOOKS}"
        return psycopg.connect(
            dburi.args["dsn"], autocommit=True, options=options, connect_timeout=_CONNECT_S
        )

    def apply_one(self, migration: Any, force: bool = False, mark: bool = True) -> None:
        self.ensure_internal_schema_updated()
        with self.transaction():
            migration.process_steps(self, "apply", force=force)
            self.log_migration(migration, "apply")
            self.connection.execute(_KEEP_TEXT, [migration.id, _digest(Path(migration.path))])
            if mark:
                self.mark_one(migration, log=False)


def _apply(owner_dsn: str, folder: Path) -> list[str]:
    uri = DatabaseURI("postgresql+psycopg", None, None, None, None, "", {"dsn": owner_dsn})
    backend = _Backend(uri, default_migration_table)
    with backend:
        backend.init_database()
        # The advisory lock says that nobody else migrates: a lock row was left by a killed process.
        backend.break_lock()
        pending = backend.to_apply(read_migrations(str(folder)))
        names = [migration.id for migration in pending]
        try:
            backend.apply_migrations(pending)
        except psycopg.Error as error:
            dbname = conninfo_to_dict(owner_dsn).get("dbname", "")
            raise Broken("migration_failed", f"database {dbname}: {error}") from error
    return names


def _keep_texts(conn: psycopg.Connection[Any], folder: Path) -> None:
    """For all that was applied before there was a place for texts."""
    if conn.execute("SELECT to_regclass(%s)", [_TEXTS]).fetchone() != (None,):
        return
    applied = _applied(conn)
    paths = [path for path in folder.glob("*.sql") if path.stem in applied]
    with conn.transaction(), conn.cursor() as cursor:
        cursor.execute(_MAKE_TEXTS)
        cursor.executemany(_KEEP_TEXT, [(path.stem, _digest(path)) for path in paths])


def _digest(path: Path) -> str:
    """Of the text, whatever ends its lines."""
    return hashlib.sha256(path.read_text(encoding="utf-8").encode()).hexdigest()


def lock_migrations(conn: psycopg.Connection[Any], wait_s: float) -> None:
    """Held until the connection closes, whatever way it does."""
    conn.execute(sql.SQL("SET lock_timeout = {}").format(sql.Literal(f"{int(wait_s * 1000)}ms")))
    try:
        conn.execute("SELECT pg_advisory_lock(%s, 0)", [LockClass.MIGRATE])
    except psycopg.errors.LockNotAvailable as error:
        raise TryLater(
            "migration_running", f"another migration has run for more than {wait_s:g} s"
        ) from error


def _missing(conn: psycopg.Connection[Any], folder: Path) -> bool:
    return not _applied(conn).issuperset(known_migrations(folder))


def _applied(conn: psycopg.Connection[Any]) -> set[str]:
    """What has been applied; read through hub.applied_migrations(), which every role may call."""
    if conn.execute("SELECT to_regprocedure('hub.applied_migrations()')").fetchone() == (None,):
        return set()
    row = conn.execute("SELECT hub.applied_migrations()").fetchone()
    return set(row[0]) if row else set()
