"""What one tenant may leave on a connection for the next one: pooled connections serve all.

In: a `Session` and the stage. Out: `SWITCHES`. On each the victim is served first, through the product's own
`tenant_transaction`, then the attacker, who tries to find what is left; or the attacker prepares something and waits.
"""

from collections.abc import Callable
from typing import Final

import psycopg

from analytics_hub.domain.errors import Broken
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import tenant_transaction
from tests.support.attacks.looks import LOOT, keep
from tests.support.attacks.registry import on
from tests.support.attacks.stage import VICTIM, Session, Stage

Switch = Callable[[Session, Stage], None]
SWITCHES: Final[dict[str, Switch]] = {}
EVENTS: Final = "SELECT * FROM hub_read.usage_events"
STRANGE_NUMBERS: Final = (
    0, -1, True, 1.0, None, "2", "1 OR 1=1", "1'; SET hub.tenant_id = '2", b"2", "\u0661", [2], 2**31, 2**63,
    float("nan"),
)  # fmt: skip
"""What may reach the one function that sets a tenant, if a caller's checks are wrong."""


def serve(session: Session, tenant: TenantId, statement: str = EVENTS) -> None:
    """As the product serves: what the tenant itself is told is not the attacker's to see."""
    with tenant_transaction(session.conn, tenant) as cursor:
        cursor.execute(statement.encode())
        cursor.fetchall()


@on(SWITCHES)
def after_a_commit(session: Session, stage: Stage) -> None:
    serve(session, stage.victim)
    session.run(EVENTS)


@on(SWITCHES)
def after_an_error(session: Session, stage: Stage) -> None:
    try:
        serve(session, stage.victim, "SELECT 1 / 0")
    except psycopg.errors.DivisionByZero:
        session.run(EVENTS)


@on(SWITCHES)
def after_a_rollback(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.victim):
        pass
    session.run(EVENTS)


@on(SWITCHES)
def prepared_for_the_victim(session: Session, stage: Stage) -> None:
    """A plan made for one tenant, generic too, is executed for another one and for none."""
    for mode in ("force_generic_plan", "force_custom_plan"):
        session.run(f"SET plan_cache_mode = {mode}")
        session.run(f"PREPARE {mode} AS {EVENTS}")
        for _ in range(6):
            serve(session, stage.victim, f"EXECUTE {mode}")
        session.run(f"BEGIN; SET LOCAL hub.tenant_id = '{stage.attacker}'")
        session.run(f"EXECUTE {mode}")
        session.run("COMMIT")  # the driver forgets what it prepared after a rollback
        session.run(f"EXECUTE {mode}")


@on(SWITCHES)
def prepared_by_the_driver(session: Session, stage: Stage) -> None:
    session.conn.prepare_threshold = 1
    for _ in range(3):
        serve(session, stage.victim)
    with session.as_tenant(stage.attacker):
        session.run(EVENTS)
    session.run(EVENTS)


@on(SWITCHES)
def cursor_left_open(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.victim):
        session.run(f"DECLARE left_open SCROLL CURSOR FOR {EVENTS}")
    with session.as_tenant(stage.attacker):
        session.run("FETCH ALL FROM left_open")


@on(SWITCHES)
def held_cursor_of_the_attacker(session: Session, stage: Stage) -> None:
    """Made in the attacker's transaction, read in the victim's."""
    session.run("BEGIN")
    session.run(f"SET LOCAL hub.tenant_id = '{stage.attacker}'")
    session.run(f"DECLARE held CURSOR WITH HOLD FOR {EVENTS}")
    session.run("COMMIT")
    with session.as_tenant(stage.victim):
        session.run("FETCH ALL FROM held")


@on(SWITCHES)
def held_cursor_without_a_tenant(session: Session, stage: Stage) -> None:
    session.run("BEGIN")
    session.run(f"DECLARE held CURSOR WITH HOLD FOR {EVENTS}")
    session.run("COMMIT")
    with session.as_tenant(stage.victim):
        session.run("FETCH ALL FROM held")


@on(SWITCHES)
def chained_transaction(session: Session, stage: Stage) -> None:
    for end in ("COMMIT AND CHAIN", "ROLLBACK AND CHAIN"):
        with session.as_tenant(stage.victim):
            session.run(end)
            session.run(EVENTS)


@on(SWITCHES)
def savepoint_before_the_tenant(session: Session, stage: Stage) -> None:
    """Going back behind the setting goes back to nobody, and to the attacker where he was set before."""
    for before in ("", str(stage.attacker)):
        session.run("BEGIN")
        session.run(f"SET LOCAL hub.tenant_id = '{before}'")
        session.run("SAVEPOINT early")
        session.run(f"SET LOCAL hub.tenant_id = '{stage.victim}'")
        session.run("ROLLBACK TO early")
        session.run(EVENTS)
        session.run("ROLLBACK")


@on(SWITCHES)
def reset_of_the_setting(session: Session, stage: Stage) -> None:
    for act in ("RESET hub.tenant_id", "SET hub.tenant_id TO DEFAULT", "RESET ALL", "DISCARD PLANS"):
        serve(session, stage.victim)
        session.run(act)
        session.run(EVENTS)


@on(SWITCHES)
def several_statements_at_once(session: Session, stage: Stage) -> None:
    serve(session, stage.victim)
    session.run(f"BEGIN; SET LOCAL hub.tenant_id = '{stage.attacker}'; COMMIT; {EVENTS}; {EVENTS}")


@on(SWITCHES)
def what_the_session_remembers(session: Session, stage: Stage) -> None:
    """Statements, cursors, settings, channels, temporary objects, results of the victim."""
    serve(session, stage.victim)
    for text in (
        "SELECT p::text FROM pg_prepared_statements p",
        "SELECT c::text FROM pg_cursors c",
        "SELECT s::text FROM pg_settings s WHERE source = 'session'",
        "SELECT c FROM pg_listening_channels() c",
        "SELECT current_setting('hub.tenant_id', true) = ''",
        "SELECT lastval()",
        "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()",
        "SELECT l::text FROM pg_locks l WHERE locktype = 'advisory'",
    ):
        session.run(text)


@on(SWITCHES)
def trap_set_for_the_victim(session: Session, stage: Stage) -> None:
    """Settings that the attacker leaves behind: they may disturb the next one, they keep nothing of him."""
    for act in (
        "SET search_path = hub_read, pg_catalog",
        "SET client_min_messages = debug1",
        "SET hub.tenant_id = '0'",
        "SET ROLE hub_reader",
    ):
        session.run(act)
    serve(session, stage.victim)
    session.run(EVENTS)
    session.run(LOOT)


@on(SWITCHES)
def loot_kept_by_the_attackers_own(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.attacker):
        session.run(f"SELECT count(*) FROM hub_read.series s WHERE {keep('s::text')} <> ''")
    serve(session, stage.victim)
    session.run(LOOT)


@on(SWITCHES)
def numbers_that_are_none(session: Session, stage: Stage) -> None:
    """The function that sets the tenant takes a positive int and nothing that reads like one."""
    for number in STRANGE_NUMBERS:
        try:
            with tenant_transaction(session.conn, number) as cursor:  # type: ignore[arg-type]
                cursor.execute(EVENTS)
                session.seen.append(repr(cursor.fetchall()))
        except Broken:
            continue
        except psycopg.errors.NumericValueOutOfRange:
            if type(number) is not int:  # only a number may come as far as the server
                session.seen.append(VICTIM)
