"""A crowd of tenants asks at random on two connections, while statements are cancelled and sessions ended.

In: an app over a real database, the crowd, how many calls, a seed. Out: a `Tally`: what was answered, and every fault:
a foreign mark, a wrong sum, a status that should not be.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import orjson
import psycopg
import structlog
from fastapi import FastAPI

from tests.support.attacks import finding_doors  # noqa: F401  doors like the others, once they are imported
from tests.support.attacks.asgi import ClientLeftError, Reply, ask
from tests.support.attacks.crowd import Member, marks_in
from tests.support.attacks.doors import DOORS, Question
from tests.support.attacks.told import NOT_NOW_CODES
from tests.support.database import Database

CLIENTS: Final = 6
_CANCELLED: Final = 0.02
_LEAVES: Final = 0.02
_TROUBLE_EVERY: Final = 25
_FAULTS_MAX: Final = 20
# Any of the readers of this database but the listener, which stands for all and is not asked about anything.
_VICTIMS: Final = """
    SELECT {act}(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = 'hub_reader' AND query NOT LIKE 'LISTEN%%'
    ORDER BY random() LIMIT 1
"""


@dataclass
class Tally:
    """What became of the calls."""

    calls: int = 0
    verified: int = 0
    """Answers whose content was compared."""
    foreign_rows: int = 0
    """Answers in which another tenant's mark stood."""
    faults: list[str] = field(default_factory=list)
    became: Counter[str] = field(default_factory=Counter)
    by_door: Counter[str] = field(default_factory=Counter)

    def fault(self, text: str) -> None:
        if len(self.faults) < _FAULTS_MAX:
            self.faults.append(text[:2_000])


async def walk(
    app: FastAPI,
    db: Database,
    crowd: Sequence[Member],
    *,
    calls: int,
    seed: int,
    doors: Sequence[str] = (),
    told: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Until so many calls were made. The app must be running (its lifespan entered)."""
    draw, tally = Random(seed), Tally()
    # What is broken on purpose is logged with its cause, which takes longer than the calls.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    async with await psycopg.AsyncConnection.connect(db.dsn("postgres"), autocommit=True) as admin:

        async def client() -> None:
            while tally.calls < calls and len(tally.faults) < _FAULTS_MAX:
                tally.calls += 1
                if tally.calls % _TROUBLE_EVERY == 0:
                    await _trouble(admin, draw, tally)
                await _call(app, crowd, draw, tally, doors or tuple(DOORS))
                told(tally)

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return tally


async def _call(
    app: FastAPI, crowd: Sequence[Member], draw: Random, tally: Tally, doors: Sequence[str]
) -> None:
    member = draw.choice(crowd)
    others = [one for one in crowd if one is not member]
    door = draw.choice(doors)
    tally.by_door[door] += 1
    question = DOORS[door](draw, member, others)
    chance, patience_s = draw.random(), draw.random() * 0.01
    asking = asyncio.ensure_future(
        ask(app, question.ask, question.key or member.key, leaves=chance < _LEAVES)
    )
    if _LEAVES <= chance < _LEAVES + _CANCELLED:
        asyncio.get_running_loop().call_later(patience_s, asking.cancel)
    try:
        reply = await asking
    except (ClientLeftError, asyncio.CancelledError):
        tally.became["left"] += 1
        return
    judge(door, member, question, reply, tally)


def judge(door: str, member: Member, question: Question, reply: Reply, tally: Tally) -> None:
    """Whatever the answer is, it names nobody else; and if it is one, it is this tenant's."""
    tally.became[str(reply.status)] += 1
    foreign = marks_in(reply.text) - {member.number} - marks_in(question.ask.text)
    if foreign:
        tally.foreign_rows += 1
        tally.fault(f"{door}: {member.slug} was shown {foreign}: {question.ask.text} -> {reply.text}")
        return
    if reply.status not in question.status:
        if _code(reply) not in NOT_NOW_CODES:
            tally.fault(f"{door}: {reply.status} for {question.ask.text}: {reply.text}")
        return
    wrong = question.check(reply)
    tally.verified += 1
    if wrong:
        tally.fault(f"{door}: {member.slug} asked {question.ask.text}: {wrong}")


def _code(reply: Reply) -> str:
    """Of a problem, its code."""
    if reply.headers.get("content-type") != "application/problem+json":
        return ""
    return str(orjson.loads(reply.content)["code"])


async def _trouble(admin: psycopg.AsyncConnection[object], draw: Random, tally: Tally) -> None:
    act = draw.choice(("pg_cancel_backend", "pg_terminate_backend"))
    tally.became[act] += 1
    await admin.execute(_VICTIMS.format(act=act).encode())
