"""Every door of the API as random questions of one tenant, each with what the answer must say.

In: a `Member` of the crowd, the others, a `Random`. Out: a `Question`: what to send, and a check that says what is
wrong with the answer. A new door (a path, a field of the graph, a stream) is one more function under `@on(DOORS)`.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

import orjson

from tests.support.attacks.asgi import PARQUET, Ask, Reply
from tests.support.attacks.crowd import DIMENSIONS, FROM, LETTERS_EACH, TO, Member, Sent, grouped
from tests.support.attacks.registry import on
from tests.support.attacks.told import (
    Check,
    both,
    camel,
    differ,
    groups_of,
    not_now,
    nothing,
    rows_of,
    snapshot,
    sums_in,
    sums_of,
)
from tests.support.ingest import NOW

RANGE: Final = (("from", FROM), ("to", TO))
FORMATS: Final = ("application/json", "application/json", "text/csv", "application/x-ndjson", PARQUET)
SUMS: Final = ("events", "input_tokens", "errors")
_SHAPES: Final[Sequence[tuple[tuple[str, str], ...]]] = (
    (),
    (),
    (("interval", "1h"),),
    (("interval", "1d"), ("fill", "true")),
    (("compare", "previous"),),
)


@dataclass(frozen=True, slots=True)
class Question:
    """`status`: the only one that an answer may have, besides the ones that say `not now`."""

    ask: Ask
    check: Check
    status: tuple[int, ...] = (200,)
    key: str = ""
    """In place of the member's own."""


Door = Callable[[Random, Member, Sequence[Member]], Question]
DOORS: Final[dict[str, Door]] = {}


@on(DOORS)
def usage(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """Ranges, filters, groups, buckets, comparison and every format; sums are the tenant's own."""
    chosen, params = _filters(draw, member, others)
    start = NOW - timedelta(hours=draw.randrange(1, 30))
    late = draw.random() < 0.3
    params = (("from", start.isoformat()) if late else RANGE[0], RANGE[1], *params)
    groups = draw.sample(DIMENSIONS, draw.choice((0, 1, 1, 2)))
    params += tuple(("group_by", name) for name in groups)
    params += draw.choice(_SHAPES)
    params += draw.choice(((), (("top", "1"),), (("order", "input_tokens"),)))
    metrics = ",".join((*SUMS, *draw.choice(((), ("distinct_users",), ("latency_p95_ms",)))))
    sums = member.sums(lambda one: chosen(one) and (not late or one.at >= start))
    check = sums_of(sums)
    if groups and ("top", "1") not in params and not late:
        check = both(
            check, groups_of(grouped(filter(chosen, member.events), groups[0]), groups[0], "input_tokens")
        )
    return Question(
        Ask("/v1/usage", (*params, ("metrics", metrics)), (("accept", draw.choice(FORMATS)),)), check
    )


@on(DOORS)
def users(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    chosen, params = _filters(draw, member, others) if draw.random() < 0.3 else ((lambda _: True), ())
    top = draw.choice(("1", "20"))
    asked = (*RANGE, *params, ("metrics", ",".join(SUMS)), ("order", "-input_tokens"), ("top", top))
    return Question(
        Ask("/v1/users", asked, (("accept", draw.choice(FORMATS)),)), sums_of(member.sums(chosen))
    )


@on(DOORS)
def events(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """The newest page, in every format, and the one after it."""
    chosen, params = _filters(draw, member, others)
    if draw.random() < 0.5:
        whose = draw.choice(others) if draw.random() < 0.3 else member
        user = draw.choice(whose.events).user
        params += (("user", user),)
        known = chosen
        chosen = lambda one: known(one) and one.user == user  # noqa: E731
    limit = draw.randrange(1, 6)
    wanted = [one.event_id for one in member.events if chosen(one)][:limit]
    ask = Ask("/v1/events", (*RANGE, *params, ("limit", str(limit))), (("accept", draw.choice(FORMATS)),))
    return Question(ask, lambda reply: differ([row["id"] for row in rows_of(reply, "events")], wanted))


@on(DOORS)
def pages_of_events(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    after = member.cursors.get("/v1/events")
    cursor = (("cursor", after),) if after else ()
    wanted = (
        [one.event_id for one in member.events][2:5] if after else [one.event_id for one in member.events][:2]
    )

    def check(reply: Reply) -> str:
        body = orjson.loads(reply.content)
        if not after and body["next"]:
            member.cursors["/v1/events"] = body["next"]
        return differ([one["id"] for one in body["events"]], wanted)

    return Question(Ask("/v1/events", (*RANGE, ("limit", "3" if after else "2"), *cursor)), check)


@on(DOORS)
def cursor_of_another(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    other = draw.choice(others)
    path = draw.choice(("/v1/events", "/v1/dead-letters"))
    cursor = other.cursors.get(path, "A" * (52 if path == "/v1/events" else 40))
    return Question(Ask(path, (*RANGE, ("cursor", cursor))), nothing, status=(422,))


@on(DOORS)
def dimensions(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    name = draw.choice(DIMENSIONS)
    whose = draw.choice((member, draw.choice(others)))
    begins = draw.choice(("", draw.choice(whose.events).dimensions[name]))
    counts: dict[str, int] = {}
    for one in member.events:
        if one.dimensions[name].startswith(begins):
            counts[one.dimensions[name]] = counts.get(one.dimensions[name], 0) + 1
    ask = Ask(
        "/v1/dimensions",
        (*RANGE, ("dimension", name), ("q", begins)),
        (("accept", draw.choice(FORMATS)),),
    )

    def check(reply: Reply) -> str:
        found = rows_of(reply, "dimensions")
        if found and "values" in found[0]:
            found = found[0]["values"]
        return differ({row["value"]: int(row["events"]) for row in found}, counts)

    return Question(ask, check)


@on(DOORS)
def ledger(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    ask = Ask("/v1/ledger", RANGE, (("accept", draw.choice(FORMATS)),))
    wanted = len(member.events)
    return Question(
        ask, lambda reply: differ(sum(int(row["received"]) for row in rows_of(reply, "hours")), wanted)
    )


@on(DOORS)
def letters(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    limit = draw.randrange(1, LETTERS_EACH + 1)
    from_where = draw.choice(("", member.mark, draw.choice(others).mark))
    origin = (("origin", from_where),) if from_where else ()
    wanted = list(member.letters)[:limit] if from_where in {"", member.mark} else []

    def check(reply: Reply) -> str:
        body = orjson.loads(reply.content)
        if body["next"] and not from_where:
            member.cursors["/v1/dead-letters"] = body["next"]
        return differ([one["id"] for one in body["dead_letters"]], wanted)

    return Question(Ask("/v1/dead-letters", (*RANGE, *origin, ("limit", str(limit)))), check)


@on(DOORS)
def one_letter(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    number = draw.choice(member.letters)

    def check(reply: Reply) -> str:
        return "" if member.mark in reply.text else "not its letter"

    return Question(Ask(f"/v1/dead-letters/{number}"), check)


@on(DOORS)
def letter_of_another(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    number = draw.choice(draw.choice(others).letters)
    return Question(Ask(f"/v1/dead-letters/{number}"), nothing, status=(404,))


@on(DOORS)
def held_answer(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """A tag of one's own answer is known again; the same answer of another tenant has a tag that is not."""
    whose = draw.choice((member, draw.choice(others)))
    params = (*RANGE, ("metrics", ",".join(SUMS)))
    ask = Ask("/v1/usage", params)
    tag = whose.tags.get(ask.text)
    foreign = whose is not member
    sums = member.sums()

    def check(reply: Reply) -> str:
        if reply.status == 304:
            return "a foreign tag was known" if foreign else ""
        member.tags[ask.text] = reply.headers["etag"]
        return sums_of(sums)(reply)

    held = (("if-none-match", tag),) if tag else ()
    return Question(Ask("/v1/usage", params, held), check, status=(200, 304))


@on(DOORS)
def graph(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """Several root fields at once, of one tenant each."""
    chosen, params = _filters(draw, member, others)
    span = f'from: "{FROM}", to: "{TO}"'
    given = ", ".join(
        f"{{dimension: {_quoted(name.removeprefix('filter.'))}, values: [{_quoted(value)}]}}"
        for name, value in params
    )
    text = f"""{{
        whole: usage({span}) {{ total {{ events inputTokens errors }} }}
        part: usage({span}, filters: [{given}]) {{ total {{ events inputTokens errors }} }}
        events({span}, first: 3) {{ nodes {{ id user }} }}
        deadLetters({span}) {{ nodes {{ id payload }} }}
        ledger({span}) {{ total {{ received }} }}
    }}"""
    ids = [one.event_id for one in member.events][:3]

    def check(reply: Reply) -> str:
        body = orjson.loads(reply.content)
        if body.get("errors"):
            return not_now(body["errors"])
        data = body["data"]
        found = (
            *(camel(data[name]["total"]) for name in ("whole", "part")),
            [one["id"] for one in data["events"]["nodes"]],
            [int(one["id"]) for one in data["deadLetters"]["nodes"]],
            data["ledger"]["total"]["received"],
        )
        return differ(
            found, (member.sums(), member.sums(chosen), ids, list(member.letters), len(member.events))
        )

    body = orjson.dumps({"query": text})
    return Question(Ask("/graphql", (), (("content-type", "application/json"),), body, "POST"), check)


@on(DOORS)
def access(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """Keys, members, the audit log: one line of each."""
    path, name, column = draw.choice(
        (
            ("/v1/keys", "keys", "prefix"),
            ("/v1/members", "members", "subject"),
            ("/v1/audit", "lines", "subject"),
        )
    )
    wanted = member.key.split("_")[1] if name == "keys" else member.mark
    ask = Ask(path, (), (("accept", draw.choice(FORMATS)),))
    return Question(ask, lambda reply: differ([row[column] for row in rows_of(reply, name)], [wanted]))


@on(DOORS)
def live(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """The snapshot that a stream begins with, of the last hour."""
    groups = draw.choice(((), (("group_by", "model"),), (("group_by", "tag.team"),)))
    params = (("minutes", "60"), ("metrics", ",".join(SUMS)), *groups)
    sums = member.sums(lambda one: one.at >= NOW - timedelta(minutes=30))
    return Question(
        Ask("/v1/live", params, blocks=2), lambda reply: differ(snapshot(reply, b"data: ")["total"], sums)
    )


@on(DOORS)
def live_graph(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    text = "subscription { liveUsage(minutes: 60) { window { total { events inputTokens errors } } } }"
    headers = (("content-type", "application/json"), ("accept", "text/event-stream"))
    ask = Ask("/graphql", (), headers, orjson.dumps({"query": text}), "POST", blocks=2)
    sums = member.sums(lambda one: one.at >= NOW - timedelta(minutes=30))
    return Question(ask, lambda reply: "" if sums_in(reply, sums) else f"{reply.text} instead of {sums}")


@on(DOORS)
def key_of_two(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """The prefix of one tenant and the secret of another."""
    other = draw.choice(others)
    mixed = with_checksum(f"hub_{other.key.split('_')[1]}_{member.key.split('_')[2]}")
    return Question(Ask("/v1/usage", RANGE), nothing, status=(401,), key=mixed)


def with_checksum(body: str) -> str:
    """A key's text whose form is right."""
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def _filters(
    draw: Random, member: Member, others: Sequence[Member]
) -> tuple[Callable[[Sent], bool], tuple[tuple[str, str], ...]]:
    """None, one or two of own values, or one of somebody else's: then nothing is chosen."""
    names = draw.sample(DIMENSIONS, draw.choice((0, 0, 1, 1, 2)))
    whose = draw.choice(others) if draw.random() < 0.2 else member
    values = {name: draw.choice(whose.events).dimensions[name] for name in names}
    return (
        lambda one: all(one.dimensions[name] == value for name, value in values.items()),
        tuple((f"filter.{name}", value) for name, value in values.items()),
    )


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()
