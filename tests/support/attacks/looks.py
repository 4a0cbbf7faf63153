"""Attempts to see the victim through what a reader may read: views, catalogs, plans, errors, statistics.

In: a `Session` of hub_reader and the stage. Out: `LOOKS`. Each runs as the attacker, with SQL of its own; it has worked
when the victim's mark stands in what the session saw. The honest limit is left out: who sends SQL may set a tenant
(docs/isolation.md).
"""

from collections.abc import Callable
from typing import Final

from tests.support.attacks.registry import on
from tests.support.attacks.stage import ATTACKER, VICTIM, VIEWS, Session, Stage
from tests.support.isolation import incident_of

Look = Callable[[Session, Stage], None]
LOOKS: Final[dict[str, Look]] = {}
NO_TENANT: Final = (
    "",
    " ",
    "0",
    "-1",
    "2147483648",
    "1 OR 1=1",
    "1,2",
    "{1,2}",
    "%",
    "NaN",
    "1e0",
    "1--",
    "NULL",
    "true",
)
"""Texts that name no tenant: nobody's rows, or an error, never everybody's."""

# A function that keeps what it is given: as a condition it is shown each row that the barrier does not hold back.
_KEEP: Final = (
    "set_config('loot.seen', left(coalesce(current_setting('loot.seen', true), '') || {0}, 100000), false)"
)
LOOT: Final = "SELECT current_setting('loot.seen', true)"


def keep(value: str) -> str:
    return _KEEP.format(value)


@on(LOOKS)
def whole_views(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.attacker):
        for view in VIEWS:
            session.run(f"SELECT * FROM {view}")


@on(LOOKS)
def rows_of_the_victim_by_number(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.attacker):
        for view in VIEWS:
            session.run(f"SELECT * FROM {view} WHERE tenant_id = {stage.victim}")
            session.run(f"SELECT * FROM {view} WHERE tenant_id <> {stage.attacker} OR true")


@on(LOOKS)
def views_without_a_tenant(session: Session, stage: Stage) -> None:
    for view in VIEWS:
        session.run(f"SELECT * FROM {view}")


@on(LOOKS)
def condition_that_keeps_rows(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.attacker):
        for view in VIEWS:
            session.run(f"SELECT count(*) FROM {view} v WHERE {keep('v::text')} IS NOT NULL")
        session.run(LOOT)


@on(LOOKS)
def join_that_keeps_rows(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.attacker):
        for view in VIEWS:
            session.run(
                f"SELECT count(*) FROM (VALUES (1)) AS one (a) JOIN {view} v ON {keep('v::text')} <> ''"
            )
            session.run(
                f"SELECT count(*) FROM (VALUES (1)) AS one (a) LEFT JOIN LATERAL (SELECT * FROM {view} v"
                f" WHERE {keep('v::text')} <> '' OFFSET 0) AS w ON true"
            )
        session.run(LOOT)


@on(LOOKS)
def cast_that_quotes_a_value(session: Session, stage: Stage) -> None:
    """The error quotes what it could not read; the attacker's own word is left out."""
    foreign = "nullif({}, '" + ATTACKER + "')"
    with session.as_tenant(stage.attacker):
        for kind in ("int", "date", "json", "uuid", "interval"):
            for view, column in (("usage_events", "user_id"), ("series", "model")):
                session.run("SAVEPOINT before")
                session.run(f"SELECT count({foreign.format(column)}::{kind}) FROM hub_read.{view}")
                session.run("ROLLBACK TO before")


@on(LOOKS)
def pattern_that_tells_a_guess(session: Session, stage: Stage) -> None:
    guess = f"'x' ~ (CASE user_id WHEN '{VICTIM}' THEN '(' ELSE 'x' END)"
    _tells(session, stage, f"SELECT count(*) FROM hub_read.usage_events WHERE {guess}")


@on(LOOKS)
def division_that_tells_a_guess(session: Session, stage: Stage) -> None:
    """The error comes for a row of the victim only: it would tell that the guess is right."""
    guess = f"1 / (CASE user_id WHEN '{VICTIM}' THEN 0 ELSE 1 END) > 0"
    _tells(session, stage, f"SELECT count(*) FROM hub_read.usage_events WHERE {guess}")


@on(LOOKS)
def overflow_that_tells_a_guess(session: Session, stage: Stage) -> None:
    guess = f"(CASE model WHEN '{VICTIM}' THEN 9223372036854775807 ELSE 1 END) + 1 > 0"
    _tells(session, stage, f"SELECT count(*) FROM hub_read.series WHERE {guess}")


@on(LOOKS)
def subquery_that_tells_a_guess(session: Session, stage: Stage) -> None:
    others = f"s.model <> '{VICTIM}' AND s.tenant_id = e.tenant_id"
    guess = f"1 / (SELECT count(*) FROM hub_read.series s WHERE {others}) > 0"
    _tells(session, stage, f"SELECT count(*) FROM hub_read.usage_events e WHERE {guess}")


@on(LOOKS)
def aggregates_windows_and_order(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.attacker):
        for text in (
            f"SELECT max(user_id) FILTER (WHERE {keep('user_id')} <> '') FROM hub_read.usage_events",
            f"SELECT lag(user_id) OVER (ORDER BY {keep('user_id')}) FROM hub_read.usage_events",
            f"SELECT 1 FROM hub_read.usage_events ORDER BY {keep('user_id')}",
            f"SELECT 1 FROM hub_read.usage_events GROUP BY user_id HAVING {keep('user_id')} <> ''",
            f"SELECT DISTINCT ON ({keep('user_id')}) user_id FROM hub_read.usage_events",
            "SELECT jsonb_agg(e) FROM hub_read.usage_events e",
            "SELECT (SELECT string_agg(model, ',') FROM hub_read.series) FROM hub_read.usage_events",
        ):
            session.run(text)
        session.run(LOOT)


@on(LOOKS)
def recursion_and_set_operations(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.attacker):
        session.run(
            "WITH RECURSIVE all_of AS (SELECT model, 1 AS n FROM hub_read.series UNION ALL"
            " SELECT s.model, n + 1 FROM all_of, hub_read.series s WHERE n < 3) SELECT * FROM all_of"
        )
        session.run("TABLE hub_read.series UNION ALL TABLE hub_read.series EXCEPT ALL TABLE hub_read.series")


@on(LOOKS)
def names_that_shadow(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.attacker):
        for path in (
            "hub_read, pg_temp, pg_catalog",
            "pg_temp, hub, hub_read",
            "information_schema, hub_read",
            "''",
        ):
            session.run(f"SET LOCAL search_path = {path}")
            session.run("SELECT * FROM hub_read.usage_events WHERE tenant_id = tenant_id")
            session.run("SELECT * FROM hub.newest_flush('1 day')")


@on(LOOKS)
def row_security_switched_off(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.attacker):
        session.run("SET LOCAL row_security = off")
        for view in (
            "api_keys",
            "tenants",
            "members",
            "audit_log",
            "incidents",
            "forecasts",
            "forecast_accuracy",
        ):
            session.run("SAVEPOINT before")
            session.run(f"SELECT * FROM hub_read.{view}")
            session.run("ROLLBACK TO before")


@on(LOOKS)
def planner_switches(session: Session, stage: Stage) -> None:
    """Whatever plan it takes, the test of the tenant stays below."""
    switches = (
        "seqscan",
        "indexscan",
        "bitmapscan",
        "hashjoin",
        "nestloop",
        "mergejoin",
        "partition_pruning",
    )
    with session.as_tenant(stage.attacker):
        for name in switches:
            session.run(f"SET LOCAL enable_{name} = off")
            session.run(
                f"SELECT {keep('e::text')} FROM hub_read.usage_events e JOIN hub_read.series s USING (series_id)"
            )
            session.run(f"SELECT count(*) FROM hub_read.usage_events e WHERE {keep('e::text')} <> ''")
        session.run("SET LOCAL debug_parallel_query = on")
        session.run("SELECT * FROM hub_read.usage_events")
        session.run(LOOT)


@on(LOOKS)
def statistics_of_columns(session: Session, stage: Stage) -> None:
    for text in (
        "SELECT p::text FROM pg_stats p",
        "SELECT p::text FROM pg_stats_ext p",
        "SELECT p::text FROM pg_stats_ext_exprs p",
        "SELECT p::text FROM pg_stat_user_tables p",
        "SELECT p::text FROM pg_stat_all_indexes p",
    ):
        session.run(text)


@on(LOOKS)
def plans_of_statements(session: Session, stage: Stage) -> None:
    with session.as_tenant(stage.attacker):
        for view in VIEWS:
            session.run(f"EXPLAIN (ANALYZE, VERBOSE, SETTINGS) SELECT * FROM {view}")
            session.run(f"EXPLAIN (VERBOSE) SELECT * FROM {view} WHERE tenant_id = {stage.victim}")


@on(LOOKS)
def plans_that_tell_a_guess(session: Session, stage: Stage) -> None:
    """The expected rows of a right and of a wrong guess are the same for what the statistics know of two rows."""
    plans = []
    with session.as_tenant(stage.attacker):
        for guess in (VICTIM, VICTIM[:-1] + "n"):
            before = len(session.seen)
            session.run(f"EXPLAIN SELECT * FROM hub_read.usage_events WHERE user_id = '{guess}'")
            plans.append("".join(session.seen[before:]).replace(guess, "guess"))
            del session.seen[before:]
    if plans[0] != plans[1]:
        session.seen.append(VICTIM)


@on(LOOKS)
def catalogs_of_the_engine(session: Session, stage: Stage) -> None:
    """Every table and view that a reader may read and that is not the hub's own."""
    session.run(
        """SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname NOT IN ('hub', 'hub_read')
             AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"""
    )
    for name in (
        session.seen.pop().replace("'", "").replace("(", "").replace(",)", "").strip("[]").split(", ")
    ):
        session.run(f"SELECT t::text FROM {name} t LIMIT 10000")


@on(LOOKS)
def other_sessions_at_work(session: Session, stage: Stage) -> None:
    """The victim's question runs as this one's role: its text is shown, its values are not in it."""
    with stage.session() as other, other.as_tenant(stage.victim):
        other.run("SELECT count(*) FROM hub_read.usage_events WHERE user_id = %s", [VICTIM])
        for text in (
            "SELECT a::text FROM pg_stat_activity a",
            "SELECT l::text FROM pg_locks l",
            "SELECT s::text FROM pg_stat_ssl s",
            "SELECT p::text FROM pg_prepared_statements p",
            "SELECT c::text FROM pg_cursors c",
            "SELECT n FROM pg_listening_channels() n",
        ):
            session.run(text)


@on(LOOKS)
def definers_with_odd_arguments(session: Session, stage: Stage) -> None:
    odd = (
        "NULL",
        "''",
        "'%'",
        "'_%'",
        "'p%'",
        "repeat('a', 100000)",
        f"'{ATTACKER}'' OR true --'",
        "E'\\u2028'",
    )
    with session.as_tenant(stage.attacker):
        for text in odd:
            session.run(f"SELECT * FROM hub.authenticate({text})")
        for width in (
            "NULL::interval",
            "'-infinity'::interval",
            "'infinity'::interval",
            "'178000000 years'::interval",
        ):
            session.run("SAVEPOINT before")
            session.run(f"SELECT * FROM hub.newest_flush({width})")
            session.run("ROLLBACK TO before")
        session.run("SELECT a.* FROM hub_read.api_keys k, hub.authenticate(k.prefix) a")


@on(LOOKS)
def places_of_events_of_the_victim(session: Session, stage: Stage) -> None:
    """The search for events reads below the barrier: it must give none of the victim's places."""
    nulls = ", ".join(["NULL"] * 9)
    search = (
        "SELECT p.*, e.user_id FROM hub.newest_event_places('-infinity', 'infinity', "
        f"'ffffffff-ffff-ffff-ffff-ffffffffffff', 1000, ARRAY[{stage.victim}]::int8[], {nulls}, NULL) p"
        " LEFT JOIN hub_read.usage_events e USING (ts, event_key)"
    )
    for tenant in (stage.attacker, ""):
        with session.as_tenant(tenant):
            before = len(session.seen)
            session.run(search)
            if session.seen[before:] not in (["[]"], []):
                session.seen.append(VICTIM)


@on(LOOKS)
def answers_to_incidents_of_the_victim(session: Session, stage: Stage) -> None:
    """By its right number, which nobody tells the attacker: true would say that it is there, and was changed."""
    said = f"'operator', '{ATTACKER}', '2026-03-01 10:00Z'"
    for tenant in (stage.attacker, "", "0"):
        with session.as_tenant(tenant):
            session.run(f"SELECT hub.acknowledge_incident('{incident_of(stage.victim)}', {said})")
            session.run(f"SELECT hub.give_incident_feedback('{incident_of(stage.victim)}', 'noise', {said})")
    if "[(True,)]" in session.seen:
        session.seen.append(VICTIM)


@on(LOOKS)
def tenants_that_are_none(session: Session, stage: Stage) -> None:
    for text in NO_TENANT:
        for view in ("hub_read.usage_events", "hub_read.series", "hub_read.tenants"):
            with session.as_tenant(text):
                session.run(f"SELECT * FROM {view}")


def _tells(session: Session, stage: Stage, question: str) -> None:
    """Seen, when the question fails: over the attacker's own rows it does not."""
    with session.as_tenant(stage.attacker):
        if session.run(question):
            session.seen.append(VICTIM)
