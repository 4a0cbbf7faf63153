"""Holes that are planted on purpose: the checks that guard the wall must find each of them.

In: a `Stage` for holes in the database, a running crowd for holes in the code. Out: `DATABASE_HOLES` and
`CODE_HOLES`; each is planted for the length of a block and found by the very check that finds nothing without it.
"""

import hmac
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg
from fastapi import FastAPI, Request

from analytics_hub.api.app import create_app
from analytics_hub.api.rest import usage as usage_route
from analytics_hub.api.rest.etag import Version, not_modified, tags_held
from analytics_hub.api.services import Services
from analytics_hub.domain.live import LiveQuery
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query import build_level, cursor
from analytics_hub.query.live import LiveService
from analytics_hub.settings import ApiSettings
from analytics_hub.storage import connections
from analytics_hub.storage.lint import find_faults
from analytics_hub.tenancy import authenticate
from tests.support.attacks.acts import acts_on
from tests.support.attacks.crowd import Member
from tests.support.attacks.looks import LOOKS
from tests.support.attacks.requests import REQUESTS, Target
from tests.support.attacks.sent import statements_sent
from tests.support.attacks.stage import DENIED, Session, Stage
from tests.support.attacks.walk import walk
from tests.support.database import Database
from tests.support.services import open_services

_EVENTS_VIEW: Final = "SELECT tenant_id, series_id, model FROM hub.series"


@dataclass(frozen=True, slots=True)
class DatabaseHole:
    """What a careless superuser did, and who must notice: codes of the catalog lint, attacks by name."""

    act: str
    codes: tuple[str, ...] = ()
    attacks: tuple[str, ...] = ()


DATABASE_HOLES: Final[Mapping[str, DatabaseHole]] = {
    "view_without_predicate": DatabaseHole(
        f"CREATE VIEW hub_read.models WITH (security_barrier = true) AS {_EVENTS_VIEW};"
        "GRANT SELECT ON hub_read.models TO hub_reader; ALTER VIEW hub_read.models OWNER TO hub_owner",
        ("view_without_tenant",),
    ),
    "tenant_that_is_everybody": DatabaseHole(
        "CREATE OR REPLACE VIEW hub_read.rollup_day_marks WITH (security_barrier = true) AS"
        " SELECT tenant_id, day FROM hub.rollup_day_marks WHERE tenant_id = (SELECT hub.cur_tenant()) OR true",
        ("view_without_tenant",),
    ),
    "view_without_barrier": DatabaseHole(
        "ALTER VIEW hub_read.usage_events RESET (security_barrier)", ("view_without_barrier",)
    ),
    "leaked_grant": DatabaseHole(
        "GRANT SELECT (user_id) ON hub.usage_events TO hub_reader", ("leaked_right",)
    ),
    "base_table_granted": DatabaseHole(
        "GRANT SELECT ON hub.usage_events TO hub_reader",
        ("leaked_right",),
        ("block_of_anonymous_code", "lock_a_base_table"),
    ),
    "right_of_public": DatabaseHole("GRANT SELECT ON hub.series TO PUBLIC", ("public_right",)),
    "row_security_off": DatabaseHole("ALTER TABLE hub.api_keys DISABLE ROW LEVEL SECURITY", ("rls_missing",)),
    "definer_without_search_path": DatabaseHole(
        "ALTER FUNCTION hub.newest_flush(interval) RESET search_path", ("definer_search_path",)
    ),
    "definer_for_everybody": DatabaseHole(
        "CREATE FUNCTION hub.every_user() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT user_id FROM hub.usage_events'; ALTER FUNCTION hub.every_user() OWNER TO hub_owner;"
        " GRANT EXECUTE ON FUNCTION hub.every_user() TO hub_reader",
        ("definer_search_path", "leaked_right"),
    ),
    "view_that_forgets_the_tenant": DatabaseHole(
        "CREATE OR REPLACE VIEW hub_read.series WITH (security_barrier = true) AS SELECT tenant_id, series_id,"
        " provider, provider_account, model, operation, service_tier, environment, project, status, tags"
        " FROM hub.series",
        ("view_without_tenant",),
        ("whole_views", "views_without_a_tenant", "tenants_that_are_none", "overflow_that_tells_a_guess"),
    ),
    "tenant_that_is_a_constant": DatabaseHole(
        "CREATE OR REPLACE FUNCTION hub.cur_tenant() RETURNS int4 LANGUAGE sql STABLE AS 'SELECT 2'",
        (),
        ("places_of_events_of_the_victim", "whole_views", "views_without_a_tenant"),
    ),
    "answer_that_knows_no_tenant": DatabaseHole(
        "ALTER TABLE hub.incidents NO FORCE ROW LEVEL SECURITY;"
        "CREATE OR REPLACE FUNCTION hub.acknowledge_incident(incident uuid, actor_kind text, actor_name text,"
        " moment timestamptz) RETURNS bool LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS"
        " 'SELECT EXISTS (SELECT FROM hub.incidents WHERE incident_id = incident)'",
        ("rls_missing",),
        ("answers_to_incidents_of_the_victim",),
    ),
    "role_that_grew": DatabaseHole("GRANT hub_owner TO hub_reader", ("strong_role",), ("become_the_owner",)),
}
"""Each is planted inside a transaction that is taken back."""


def noticed(stage: Stage, name: str, *, planted: bool = True) -> set[str]:
    """Which of the checks that should notice a hole do. `planted=False`: the same checks of the wall as it is."""
    hole = DATABASE_HOLES[name]
    with stage.db.connect("postgres", autocommit=False) as admin:
        if planted:
            admin.execute(hole.act.encode())
        found = {fault.code for fault in find_faults(admin)} & set(hole.codes)
        for attack in hole.attacks:
            if _reaches(admin, stage, attack):
                found.add(attack)
        admin.rollback()
    return found


def _reaches(admin: psycopg.Connection[Any], stage: Stage, name: str) -> bool:
    """The attack from within this transaction, as hub_reader: its own transactions are savepoints."""
    session = _Inside(admin)
    admin.execute("SAVEPOINT attack")
    admin.execute("SET LOCAL SESSION AUTHORIZATION hub_reader")
    acts = acts_on(stage)
    if name in acts:
        reached = session.run(acts[name]) != DENIED
    else:
        LOOKS[name](session, stage)
        reached = session.saw_the_victim()
    admin.execute("ROLLBACK TO attack")
    return reached


class _Inside(Session):
    """A session within somebody's transaction: what begins or ends one is a savepoint."""

    def run(self, statement: str, args: Any = None) -> str:
        if statement == "BEGIN":
            return super().run("SAVEPOINT inside; SET LOCAL hub.tenant_id = ''", args)
        if statement == "ROLLBACK":
            return super().run("ROLLBACK TO inside", args)
        super().run("SAVEPOINT each_one")
        code = super().run(statement.removeprefix("BEGIN; "), args)
        if code:
            super().run("ROLLBACK TO each_one")
        return code


CodeHole = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Planted:
    """A hole in the code: how it is planted, and through which doors the walk must fall into it."""

    plant: CodeHole
    doors: tuple[str, ...]
    wrap: Callable[[Services], Services] = lambda services: services
    routes: Callable[[FastAPI], None] = lambda _: None
    attack: str = ""
    """In place of a walk: the attack that must succeed."""


@contextmanager
def put(home: Any, name: str, value: object) -> Iterator[None]:
    """Another value for the length of a block."""
    before = getattr(home, name)
    setattr(home, name, value)
    try:
        yield
    finally:
        setattr(home, name, before)


@contextmanager
def nothing() -> Iterator[None]:
    yield


class _KeptAnswers:
    """Answers are kept, by everything that was asked but by whom."""

    def __init__(self, usage: Any) -> None:
        self._usage = usage
        self._kept: dict[str, Any] = {}

    async def ask(self, query: UsageQuery) -> Any:
        key = repr((query.start, query.end, query.metrics, query.group_by, query.filters, query.interval))
        if key not in self._kept:
            self._kept[key] = await self._usage.ask(query)
        return self._kept[key]


class _FirstCaller:
    """Whoever came first is everybody."""

    def __init__(self, inner: authenticate.Authenticates) -> None:
        self._inner = inner
        self._first: authenticate.Caller | None = None

    async def caller(self, text: str) -> authenticate.Caller:
        found = await self._inner.caller(text)
        self._first = self._first or found
        return self._first


async def _version_of_the_path(request: Request, *_: object) -> Version:
    """A tag that knows the question and not the tenant."""
    digest = "0" * 32
    held = next((tag for tag in tags_held(request) if tag.startswith(f'"{digest}-')), None)
    return Version(digest, None if held is None else not_modified(held))


def _session_level() -> AbstractContextManager[None]:
    """The setting is made for the session, and only where there is none yet: the first tenant stays."""
    return put(connections, "_begin", _begin_for_ever)


def _begin_for_ever(tenant: int) -> bytes:
    first = f"coalesce(nullif(current_setting('hub.tenant_id', true), ''), '{tenant}')"
    return f"BEGIN READ ONLY; SELECT set_config('hub.tenant_id', {first}, false)".encode()


_feed: Final = LiveService._feed


@contextmanager
def _feed_of_the_first(self: Any, query: LiveQuery) -> Iterator[Any]:
    """Feeds are found by the question, whoever asks it."""
    self.first = getattr(self, "first", None) or query.tenant
    with _feed(self, replace(query, tenant=self.first)) as feed:
        yield feed


def _add_open_route(app: FastAPI) -> None:
    """Somebody forgot to say who may call it."""

    @app.get("/v1/peek")
    async def peek() -> dict[str, str]:
        return {"ok": "yes"}


CODE_HOLES: Final[Mapping[str, Planted]] = {
    "cached_answer_without_tenant": Planted(
        nothing,
        ("usage",),
        lambda services: replace(services, usage=_KeptAnswers(services.usage)),  # type: ignore[arg-type]
    ),
    "caller_of_the_first_request": Planted(
        nothing,
        ("ledger", "access", "graph"),
        lambda services: replace(services, authenticator=_FirstCaller(services.authenticator)),
    ),
    "cursor_without_tenant": Planted(
        lambda: put(cursor, "_digest", lambda *_: bytes(32)),
        ("letters", "cursor_of_another"),
    ),
    "tag_without_tenant": Planted(
        lambda: put(usage_route, "version_now", _version_of_the_path), ("held_answer",)
    ),
    "secret_that_is_not_compared": Planted(
        lambda: put(hmac, "compare_digest", lambda *_: True), ("key_of_two",)
    ),
    "tenant_that_stays_on_the_connection": Planted(_session_level, ("events", "letters", "usage")),
    "builder_that_forgets_the_tenant": Planted(lambda: put(build_level, "OF_TENANT", "true"), ("usage",)),
    "live_feed_without_tenant": Planted(lambda: put(LiveService, "_feed", _feed_of_the_first), ("live",)),
    "route_without_right": Planted(nothing, (), routes=_add_open_route, attack="no_credential_on_any_route"),
    "tenant_of_the_first_number": Planted(
        lambda: put(connections, "_checked", lambda _: "1"), ("events", "letters", "live")
    ),
}
"""Each must be found by a short walk through these doors."""


def app_with(db: Database, planted: Planted) -> FastAPI:
    """The app as it is served, its services changed by the hole."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Services]:
        async with open_services(db.reader_dsn) as services:
            yield planted.wrap(services)

    app = create_app(opened, ApiSettings())
    planted.routes(app)
    return app


async def fallen_into(db: Database, crowd: Sequence[Member], planted: Planted, *, calls: int) -> list[str]:
    """What the walk, or the attack, finds wrong."""
    fresh = [replace(member, tags={}, cursors={}) for member in crowd]
    app = app_with(db, planted)
    async with app.router.lifespan_context(app):
        if planted.attack:
            wrong = await REQUESTS[planted.attack](Target(app, fresh[0], fresh[1]))
            return [wrong] if wrong else []
        with statements_sent() as sent:
            tally = await walk(app, db, fresh, calls=calls, seed=1, doors=planted.doors)
    return tally.faults + sent.forgetful()
