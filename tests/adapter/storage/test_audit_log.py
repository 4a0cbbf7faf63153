"""The audit log takes lines and gives none back, whoever asks; and what hub_auth may do beyond looking."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.database import Database, copy_of
from tests.support.isolation import add_neighbours

DENIED = psycopg.errors.InsufficientPrivilege
CHANGES = [
    "UPDATE hub.audit_log SET actor = 'nobody' WHERE tenant_id = 1",
    "DELETE FROM hub.audit_log WHERE tenant_id = 1",
    "TRUNCATE hub.audit_log",
]


@pytest.fixture(scope="module")
def db(template: Database) -> Iterator[Database]:
    """One database for all: every act here is refused, or marks a key."""
    with copy_of(template) as database:
        add_neighbours(database)
        yield database


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("role", ["hub_reader", "hub_writer", "hub_maint", "hub_owner", "postgres"])
def test_nobody_changes_a_line(db: Database, role: str, statement: str) -> None:
    with db.connect(role) as conn:
        conn.execute("SET default_transaction_read_only = off")
        with pytest.raises(DENIED):
            conn.execute(statement)


@pytest.mark.parametrize("role", ["hub_reader", "hub_writer", "hub_owner"])
def test_only_the_commands_add_a_line(db: Database, role: str) -> None:
    with db.connect(role) as conn:
        conn.execute("SET default_transaction_read_only = off")
        with pytest.raises(DENIED):
            conn.execute(
                "INSERT INTO hub.audit_log (tenant_id, actor_kind, actor, action, subject)"
                " VALUES (1, 'operator', 'me', 'key.issue', 'x')"
            )


def test_a_reader_can_only_mark_keys_as_used(db: Database) -> None:
    with db.connect("hub_maint") as maint:
        before = maint.execute("SELECT key_id, to_jsonb(k) FROM hub.api_keys k ORDER BY 1").fetchall()
        used = before[0][0]
        with db.connect("hub_reader") as reader, reader.transaction():
            reader.execute("SET TRANSACTION READ WRITE")
            reader.execute("SELECT hub.touch_keys(%s)", [[used]])
        after = maint.execute("SELECT key_id, to_jsonb(k) FROM hub.api_keys k ORDER BY 1").fetchall()
    changed = [
        {name for name in old if old[name] != new[name]}
        for (_, old), (_, new) in zip(before, after, strict=True)
    ]
    assert changed == [{"last_used_at"}, set()]


def test_a_key_that_somebody_else_marks_is_not_waited_for(db: Database) -> None:
    with db.connect("hub_maint") as maint, maint.transaction():
        keys = [key for (key,) in maint.execute("SELECT key_id FROM hub.api_keys FOR UPDATE")]
        with db.connect("hub_writer") as writer:
            writer.execute("SET lock_timeout = '1ms'")
            writer.execute("SELECT hub.touch_keys(%s)", [keys])
