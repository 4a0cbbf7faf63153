"""Fifty tenants in one database, each with a mark of its own in every text it has, and what each must be told.

In: a database. Out: a `Crowd`. A tenant's events lie in closed days and hours and in minutes; its dead letters
hold its mark too. Its sums are its own: the tokens of no two tenants are alike.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson

from analytics_hub.domain.clock import FixedClock, unix_us
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.closer import close_due
from analytics_hub.storage.connections import connect
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.tenancy.issue import issue_key
from ingest.flush import PostgresSink
from rust_core import Message, TenantRules
from tests.support.attacks.found import put_findings
from tests.support.database import Database
from tests.support.ingest import NOW, SETTINGS, decoder
from tests.support.letters import keep, letter

TENANTS: Final = 50
FROM: Final = "2026-11-04"
TO: Final = "2026-11-06"
DIMENSIONS: Final = ("provider", "model", "project", "environment", "tag.team")
EVENTS_EACH: Final = 10
LETTERS_EACH: Final = 3
_CLOSED_UNTIL: Final = NOW - timedelta(hours=2)
_MARK: Final = re.compile(r"canary(\d\d)q")


@dataclass(frozen=True, slots=True)
class Sent:
    """What of an event its sums and filters depend on."""

    event_id: str
    dimensions: dict[str, str]
    user: str
    tokens: int
    ok: bool
    at: datetime


@dataclass
class Member:
    """One tenant of the crowd, and what it collected while it asked."""

    number: int
    tenant: TenantId
    slug: str
    key: str
    events: Sequence[Sent]
    letters: Sequence[int]
    incidents: Sequence[UUID]
    """Newest first."""
    tags: dict[str, str] = field(default_factory=dict)
    """By what was asked: the tag of the answer."""
    cursors: dict[str, str] = field(default_factory=dict)
    """By path: where the newest page ended."""

    @property
    def mark(self) -> str:
        return mark_of(self.number)

    def sums(self, chosen: Callable[[Sent], bool] = lambda _: True) -> dict[str, int]:
        found = [one for one in self.events if chosen(one)]
        return {
            "events": len(found),
            "input_tokens": sum(one.tokens for one in found),
            "errors": sum(not one.ok for one in found),
        }


def mark_of(number: int) -> str:
    return f"canary{number:02}q"


def marks_in(text: str) -> set[int]:
    """The numbers of all tenants whose marks stand in a text."""
    return {int(number) for number in _MARK.findall(text)}


def gather(db: Database, tenants: int = TENANTS) -> list[Member]:
    """A fresh crowd. Half of the hours are closed, by hour and by day; the newest are open."""
    sink = PostgresSink(lambda: connect(db.writer_dsn, "crowd"), SETTINGS.flush, FixedClock(NOW))
    members = [_join(db, sink, number) for number in range(tenants)]
    sink.close()
    with connect(db.maint_dsn, "crowd") as maint:
        close_due(maint, _CLOSED_UNTIL)
    return members


def _join(db: Database, sink: PostgresSink, number: int) -> Member:
    mark = mark_of(number)
    slug = f"{mark}-tenant"
    tenant = TenantId(db.add_tenant(slug))
    with db.connect("hub_maint") as maint:
        maint.execute("UPDATE hub.tenants SET declared_tags = '{team}' WHERE tenant_id = %s", [tenant])
        key = issue_key(PostgresKeyBook(maint), tenant, ["query", "ingest", "admin"]).text
        maint.execute(
            """INSERT INTO hub.members (tenant_id, member_id, issuer, subject, role)
               VALUES (%s, gen_random_uuid(), 'https://issuer', %s, 'viewer')""",
            [tenant, mark],
        )
        maint.execute(
            """INSERT INTO hub.audit_log (tenant_id, at, actor_kind, actor, action, subject)
               VALUES (%s, %s, 'operator', %s, 'member.add', %s)""",
            [tenant, NOW, mark, mark],
        )
    lines, events = zip(*(_event(number, at, mark) for at in range(EVENTS_EACH)), strict=True)
    rules = TenantRules(tenant, slug, None, ("team",))
    body = Message(rules, unix_us(NOW), b"\n".join(lines), format="ndjson", origin=mark, base_position=1)
    sink.flush(decoder().decode([body]))
    letters = [
        keep(
            db,
            tenant,
            letter(at, NOW - timedelta(minutes=at + 1), origin=mark, payload=orjson.dumps({"word": mark})),
        )
        for at in range(LETTERS_EACH)
    ]
    return Member(number, tenant, slug, key, events, letters, put_findings(db, tenant, number, mark))


def _event(number: int, at: int, mark: str) -> tuple[bytes, Sent]:
    """Every text carries the mark. Spread over two days, by hours."""
    dimensions = {
        "provider": f"provider-{mark}",
        "model": f"model-{at % 3}-{mark}",
        "project": f"project-{at % 2}-{mark}",
        "environment": f"environment-{mark}",
        "tag.team": f"team-{at % 4}-{mark}",
    }
    moment = NOW - timedelta(hours=3 * at, minutes=at + 1)
    tokens, user = 1_000 * (number + 1) + at, f"user-{at % 3}-{mark}"
    sent = Sent(f"event-{at}-{mark}", dimensions, user, tokens, at % 5 != 0, moment)
    texts = {name: f"{name}-{mark}" for name in ("source", "session", "agent", "region", "api_key")}
    line = {
        **texts,
        **{name: value for name, value in dimensions.items() if name != "tag.team"},
        "tags": {"team": dimensions["tag.team"], f"free-{mark}": mark},
        "id": sent.event_id,
        "user": sent.user,
        "time": moment.isoformat(),
        "status": "ok" if sent.ok else "timeout",
        "usage": {"input_tokens": sent.tokens, "output_tokens": at + 1},
        "latency_ms": 5 + at,
    }
    return orjson.dumps(line), sent


def grouped(events: Iterable[Sent], name: str) -> dict[str, int]:
    """Input tokens by the values of a dimension."""
    sums: dict[str, int] = {}
    for one in events:
        sums[one.dimensions[name]] = sums.get(one.dimensions[name], 0) + one.tokens
    return sums
