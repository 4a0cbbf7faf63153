"""Two neighbours in a database, where every text and count of the victim carries its mark, and an attacker's session.

In: a database. Out: a `Stage`, and `Session`s that write down everything they are told: rows, notices, errors with
their details. An attack has reached the victim when the victim's mark stands in what its session saw.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import errors, sql

from analytics_hub.domain.tenant import TenantId
from tests.support.database import Database
from tests.support.isolation import TENANT_VIEWS, Neighbours, add_neighbours

VICTIM: Final = "canary-of-the-victim"
ATTACKER: Final = "canary-of-the-attacker"
VICTIM_TOKENS: Final = 734_003_301
ATTACKER_TOKENS: Final = 1_203
DENIED: Final = "42501"

_MARKED = """
    SELECT c.oid::regclass::text, a.attname, a.atttypid::regtype::text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'hub'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attnum > 0 AND NOT a.attisdropped
      AND EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = 'tenant_id')
      AND (a.atttypid IN ('text'::regtype, 'bytea'::regtype, 'jsonb'::regtype, 'text[]'::regtype)
           OR a.attname = 'input_tokens')
    ORDER BY 1, 2
"""
_MARKS: Final[Mapping[str, str]] = {
    "text": "%(word)s",
    "bytea": "convert_to(%(word)s, 'UTF8') || '\\x0102030405060708090a0b0c0d0e0f10'",
    "jsonb": "jsonb_build_object('word', %(word)s::text)",
    "text[]": "ARRAY[%(word)s::text]",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """The neighbours, and which columns carry their marks."""

    db: Database
    attacker: TenantId
    victim: TenantId
    marked: frozenset[str]

    @contextmanager
    def session(self, role: str = "hub_reader") -> Iterator["Session"]:
        """A session that may write where its role may: what is refused is refused for want of rights."""
        with self.db.connect(role) as conn:
            conn.execute("SET default_transaction_read_only = off")
            yield Session(conn)

    def hypertables(self) -> bool:
        with self.db.connect("hub_maint") as conn:
            return conn.execute("SELECT hub.engine()").fetchone() == ("timescaledb",)

    def tables(self) -> list[str]:
        """Every table, partition and chunk, every view that is not for readers."""
        with self.db.connect("postgres") as admin:
            found = admin.execute(
                """SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (n.nspname IN ('hub', 'hub_migrations', 'hub_jobs')
                      OR n.nspname = '_timescaledb_internal' AND c.relkind = 'r' AND c.relowner = 'hub_owner'::regrole)
                   ORDER BY 1"""
            )
            return [name for (name,) in found]


@dataclass
class Session:
    """A connection whose every answer is kept."""

    conn: psycopg.Connection[Any]
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.conn.add_notice_handler(self._keep_diagnostics)

    def run(self, statement: str, args: Sequence[object] | Mapping[str, object] | None = None) -> str:
        """The SQLSTATE that refused it, or ''. Several statements at once are several answers."""
        try:
            cursor = self.conn.execute(statement.encode(), args)
            while True:
                if cursor.description is not None:
                    self.seen.append(repr(cursor.fetchall()))
                if not cursor.nextset():
                    return ""
        except psycopg.Error as error:
            self._keep_diagnostics(error.diag)
            return error.sqlstate or type(error).__name__

    @contextmanager
    def as_tenant(self, tenant: int | str) -> Iterator[None]:
        """A transaction of this tenant, rolled back at the end, as questions are asked."""
        self.run("BEGIN")
        self.run(f"SET LOCAL hub.tenant_id = '{tenant}'")
        try:
            yield
        finally:
            self.run("ROLLBACK")

    def saw(self, tokens: int, word: str) -> bool:
        text = "\n".join(self.seen)
        return word in text or word.encode().hex() in text or str(tokens) in text

    def saw_the_victim(self) -> bool:
        return self.saw(VICTIM_TOKENS, VICTIM)

    def saw_itself(self) -> bool:
        return self.saw(ATTACKER_TOKENS, ATTACKER)

    def _keep_diagnostics(self, told: errors.Diagnostic) -> None:
        parts = (
            told.message_primary,
            told.message_detail,
            told.message_hint,
            told.context,
            told.internal_query,
        )
        self.seen.append(" | ".join(part for part in parts if part))


def set_stage(db: Database) -> Stage:
    """Both have a row in every table; the statistics of all tables are fresh, so that those tell what they can."""
    both: Neighbours = add_neighbours(db)
    marked: set[str] = set()
    with db.connect("postgres") as admin:
        admin.execute("SET session_replication_role = replica")  # some tables refuse changes by trigger
        columns = admin.execute(_MARKED).fetchall()
        for tenant, word, tokens in (
            (both.ours, ATTACKER, ATTACKER_TOKENS),
            (both.theirs, VICTIM, VICTIM_TOKENS),
        ):
            for table, column, kind in columns:
                if _mark(admin, table, column, _MARKS.get(kind, str(tokens)), tenant, word):
                    marked.add(f"{table}.{column}")
        admin.execute("ANALYZE")
    stage = Stage(db, both.ours, both.theirs, frozenset(marked))
    if stage.hypertables():
        _make_columns(db)
    return stage


def _make_columns(db: Database) -> None:
    """A compressed chunk and a materialisation, which lie in schemas of the extension."""
    with db.connect("postgres") as admin:
        admin.execute("SELECT compress_chunk(c) FROM show_chunks('hub.usage_events') c")
        admin.execute("CALL refresh_continuous_aggregate('hub.ops_usage_1h', NULL, NULL)")


def _mark(
    admin: psycopg.Connection[Any], table: str, column: str, value: str, tenant: int, word: str
) -> bool:
    """False where a column takes words of a closed list only."""
    statement = (
        f"UPDATE {table} SET {sql.Identifier(column).as_string()} = {value} WHERE tenant_id = %(tenant)s"
    )
    try:
        admin.execute(statement.encode(), {"word": word, "tenant": tenant})
    except errors.CheckViolation:
        return False
    return True


VIEWS: Final = tuple(f"hub_read.{name}" for name in TENANT_VIEWS)
