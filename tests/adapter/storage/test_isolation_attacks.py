"""Every named attack on the database, as hub_reader with SQL of its own, on both engines; and the proof that each could
have worked.
"""

import re
from collections.abc import Iterator

import pytest

from tests.support.attacks.acts import acts_on, refusals, reversible, table_reads
from tests.support.attacks.looks import LOOKS
from tests.support.attacks.stage import DENIED, VIEWS, Stage, set_stage
from tests.support.attacks.switches import SWITCHES
from tests.support.database import Database, copy_of

ATTEMPTS = {**LOOKS, **SWITCHES}
UNMOVED = {
    "statistics_of_columns",  # a superuser sees them, see below
    "catalogs_of_the_engine",  # the same
    "plans_of_statements",  # a plan shows no rows, however many it reads
    "plans_that_tell_a_guess",
    "other_sessions_at_work",  # other walls: values are bound, the server clears what a transaction leaves
    "places_of_events_of_the_victim",
    "answers_to_incidents_of_the_victim",  # the function tests the tenant by itself: a hole is planted there
    "cursor_left_open",
    "what_the_session_remembers",
    "loot_kept_by_the_attackers_own",
}
"""Attempts that do not lean on the views' test of the tenant."""


@pytest.fixture(scope="module", params=["plain", pytest.param("timescale", marks=pytest.mark.timescale)])
def engine(request: pytest.FixtureRequest) -> Database:
    template = "template" if request.param == "plain" else "timescale_template"
    database = request.getfixturevalue(template)
    assert isinstance(database, Database)
    return database


@pytest.fixture(scope="module")
def stage(engine: Database) -> Iterator[Stage]:
    """One for all: every act is a read or is refused."""
    with copy_of(engine) as database:
        yield set_stage(database)


@pytest.fixture(scope="module")
def open_stage(engine: Database) -> Iterator[Stage]:
    """The same without the test of the tenant in any view, and without the policies that stand behind it."""
    with copy_of(engine) as database:
        stage = set_stage(database)
        with database.connect("postgres") as admin:
            for view in VIEWS:
                row = admin.execute("SELECT pg_get_viewdef(%s::regclass)", [view]).fetchone()
                assert row is not None
                body = re.sub(
                    r"WHERE \(?tenant_id = \( SELECT hub\.cur_tenant\(\).*$", "", row[0], flags=re.S
                )
                assert body != row[0]
                admin.execute(
                    f"CREATE OR REPLACE VIEW {view} WITH (security_barrier = true) AS {body}".encode()
                )
            walled = admin.execute("SELECT oid::regclass::text FROM pg_class WHERE relforcerowsecurity")
            for (table,) in walled.fetchall():
                admin.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY".encode())
        yield stage


def test_every_text_of_the_victim_carries_its_mark(stage: Stage) -> None:
    assert len(stage.marked) > 60
    assert {"hub.usage_events.user_id", "hub.tenants.slug", "hub.api_keys.prefix"} <= stage.marked


def test_every_act_is_refused_for_want_of_rights(stage: Stage) -> None:
    acts = acts_on(stage)
    assert len(acts) > 70
    with stage.session() as session:
        assert {name: code for name, code in refusals(session, acts) if code != DENIED} == {}
        assert not session.saw_the_victim()


def test_the_same_acts_are_not_refused_to_a_superuser(stage: Stage) -> None:
    acts = reversible(acts_on(stage))
    assert len(acts) > 40
    with stage.session("postgres") as session:
        refused = []
        for name, text in acts.items():
            session.run("BEGIN")
            if session.run(text) == DENIED:
                refused.append(name)
            session.run("ROLLBACK")
        assert refused == []
        assert session.saw_the_victim()


def test_no_table_partition_chunk_or_materialisation_can_be_read(stage: Stage) -> None:
    tables = stage.tables()
    assert len(tables) > 30
    with stage.session() as session:
        through = [name for name, code in refusals(session, table_reads(tables)) if not code]
        assert through == []
        assert not session.saw_the_victim()
    with stage.session("postgres") as session:
        for table in tables:
            session.run(f"SELECT t::text FROM {table} t")
        assert session.saw_the_victim()


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_victim_is_not_seen(stage: Stage, name: str) -> None:
    with stage.session() as session:
        ATTEMPTS[name](session, stage)
        assert not session.saw_the_victim(), session.seen


@pytest.mark.parametrize("name", sorted(set(ATTEMPTS) - UNMOVED))
def test_the_victim_would_be_seen_without_the_test_of_the_tenant(open_stage: Stage, name: str) -> None:
    with open_stage.session() as session:
        ATTEMPTS[name](session, open_stage)
        assert session.saw_the_victim()


def test_statistics_would_tell_whoever_may_read_the_tables(stage: Stage) -> None:
    with stage.session("postgres") as session:
        LOOKS["statistics_of_columns"](session, stage)
        assert session.saw_the_victim()


def test_the_barrier_holds_back_a_function_that_costs_nothing(stage: Stage) -> None:
    """A condition that is cheaper than the test of the tenant would be asked first, about everybody's rows."""
    keeps = """CREATE FUNCTION public.keeps(word text) RETURNS bool LANGUAGE plpgsql COST 0.0001 AS $$
        BEGIN
            PERFORM set_config('loot.seen', coalesce(current_setting('loot.seen', true), '') || word, false);
            RETURN true;
        END $$"""
    seen = {}
    for options in ("SET (security_barrier = true)", "RESET (security_barrier)"):
        with stage.db.connect("postgres", autocommit=False) as admin:
            admin.execute(keeps.encode())
            admin.execute("GRANT USAGE ON SCHEMA public TO hub_reader")
            admin.execute("GRANT EXECUTE ON FUNCTION public.keeps(text) TO hub_reader")
            admin.execute(f"ALTER VIEW hub_read.series {options}".encode())
            admin.execute("SET LOCAL ROLE hub_reader")
            admin.execute(f"SET LOCAL hub.tenant_id = '{stage.attacker}'".encode())
            admin.execute("SELECT count(*) FROM hub_read.series WHERE public.keeps(model)")
            seen[options] = str(admin.execute("SELECT current_setting('loot.seen')").fetchone())
            admin.rollback()
    held, open_ = seen.values()
    assert "canary-of-the-attacker" in held
    assert "canary-of-the-victim" not in held
    assert "canary-of-the-victim" in open_
