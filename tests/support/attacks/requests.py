"""Attacks over HTTP: on cursors, tags, headers, paths, methods, parameters.

In: a `Target`, an app that runs over a crowd. Out: `REQUESTS`; each gives what is wrong, '' when the wall held.
Keys are attacked in `credentials.py`, tokens in
`tests/support/jwt_attacks.py`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from fastapi import FastAPI

from tests.support.attacks.asgi import Ask, Reply, ask
from tests.support.attacks.crowd import Member, marks_in
from tests.support.attacks.doors import RANGE, SUMS
from tests.support.attacks.registry import on
from tests.support.attacks.told import sums_of

SUMMED: Final = ("metrics", ",".join(SUMS))
USAGE: Final = Ask("/v1/usage", (*RANGE, SUMMED))
OPEN: Final = frozenset({"/docs", "/healthz", "/metrics", "/openapi.json", "/readyz", "/v1/sign-in"})
"""What anybody may read: nothing of a tenant is in it."""


@dataclass(frozen=True, slots=True)
class Target:
    """The attacker has a key, and knows of the victim what a stranger may come to know: numbers, names, prefixes."""

    app: FastAPI
    attacker: Member
    victim: Member

    async def ask(self, sent: Ask, key: str | None = None) -> Reply:
        return await ask(self.app, sent, self.attacker.key if key is None else key)

    async def refused(self, asks: Sequence[Ask], statuses: set[int], key: str | None = None) -> str:
        """'' when each of these gets one of the statuses, and nothing of the victim."""
        for sent in asks:
            reply = await self.ask(sent, key)
            if reply.status not in statuses or self.shows_the_victim(reply, sent):
                return f"{reply.status} for {sent.text[:300]}: {reply.text[:500]}"
        return ""

    async def own(self, asks: Sequence[Ask]) -> str:
        """'' when each gives the attacker's own sums."""
        for sent in asks:
            reply = await self.ask(sent)
            if reply.status != 200 or sums_of(self.attacker.sums())(reply):
                return f"{reply.status} for {sent.text[:300]}: {reply.text[:500]}"
        return ""

    def shows_the_victim(self, reply: Reply, sent: Ask) -> bool:
        return self.victim.number in marks_in(reply.text) - marks_in(sent.text)


Attack = Callable[[Target], Awaitable[str]]
REQUESTS: Final[dict[str, Attack]] = {}


@on(REQUESTS)
async def tenant_in_a_header(target: Target) -> str:
    names = (
        "Hub-Tenant",
        "X-Tenant-Id",
        "X-Tenant",
        "Tenant",
        "X-Forwarded-User",
        "X-Remote-User",
        "X-Original-URL",
    )
    values = (str(target.victim.tenant), target.victim.slug)
    return await target.own(
        [Ask(USAGE.path, USAGE.params, ((name, one),)) for name in names for one in values]
    )


@on(REQUESTS)
async def forwarded_as_somebody_else(target: Target) -> str:
    headers = (
        ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Host", target.victim.slug), ("Forwarded", "for=127.0.0.1"),
        ("X-HTTP-Method-Override", "DELETE"), ("X-Rewrite-URL", "/metrics"), ("Cookie", f"tenant={target.victim.slug}"),
    )  # fmt: skip
    return await target.own([Ask(USAGE.path, USAGE.params, (one,)) for one in headers])


@on(REQUESTS)
async def tenant_as_a_parameter(target: Target) -> str:
    names = ("tenant", "tenant_id", "hub.tenant_id", "slug", "key", "api_key", "access_token")
    paths = (
        "/v1/usage",
        "/v1/events",
        "/v1/users",
        "/v1/dimensions",
        "/v1/ledger",
        "/v1/dead-letters",
        "/v1/live",
        "/v1/live/incidents",
        "/v1/forecasts",
        "/v1/forecasts/month",
        "/v1/forecasts/accuracy",
        "/v1/anomalies",
        "/v1/incidents",
    )
    return await target.refused(
        [Ask(path, ((name, str(target.victim.tenant)),)) for path in paths for name in names], {422}
    )


@on(REQUESTS)
async def tenant_as_a_dimension(target: Target) -> str:
    number = str(target.victim.tenant)
    asks = [
        Ask("/v1/usage", (*RANGE, (f"filter.{name}", number)))
        for name in ("tenant_id", "tenant", "series_id", "")
    ]
    asks += [
        Ask("/v1/usage", (*RANGE, ("group_by", name))) for name in ("tenant_id", "tenant_id::text", 'tag.a"b')
    ]
    return await target.refused([*asks, Ask("/v1/dimensions", (("dimension", "tenant_id"),))], {422})


@on(REQUESTS)
async def tenant_in_the_graph(target: Target) -> str:
    texts = (
        f"{{ usage(tenant: {target.victim.tenant}) {{ total {{ events }} }} }}",
        f'{{ tenant(id: "{target.victim.slug}") {{ usage {{ total {{ events }} }} }} }}',
        f"query ($t: Int = {target.victim.tenant}) {{ viewer(tenant: $t) {{ tenant }} }}",
    )
    return await target.refused([_graph(text) for text in texts], {200, 400, 422})


@on(REQUESTS)
async def who_am_i_in_the_graph(target: Target) -> str:
    reply = await target.ask(_graph("{ viewer { __typename tenant } }"))
    return (
        "" if target.attacker.slug in reply.text and not target.shows_the_victim(reply, USAGE) else reply.text
    )


@on(REQUESTS)
async def letters_of_another_by_number(target: Target) -> str:
    return await target.refused([Ask(f"/v1/dead-letters/{one}") for one in target.victim.letters], {404})


@on(REQUESTS)
async def numbers_that_are_no_letters(target: Target) -> str:
    odd = ("0", "-1", str(2**63), str(2**64), "1e3", "1;2", "0x1", "%31%27", "1'--", "\u0661", "9" * 400)
    return await target.refused([Ask(f"/v1/dead-letters/{one}") for one in odd], {404, 422})


@on(REQUESTS)
async def incidents_of_another_by_id(target: Target) -> str:
    """Looked at, acknowledged, called noise: as if nobody had them, and nothing was written."""
    nobody = UUID(int=77)
    for tail, body in (("", b""), ("/acknowledge", b""), ("/feedback", b'{"feedback": "noise"}')):
        method = "POST" if tail else "GET"
        told = []
        for one in (*target.victim.incidents, nobody):
            reply = await target.ask(
                Ask(f"/v1/incidents/{one}{tail}", (), (("x-request-id", "the-same-one-0123"),), body, method)
            )
            told.append((reply.status, reply.content))
        if len(set(told)) != 1 or told[0][0] != 404:
            return repr(told)
    reply = await ask(target.app, Ask("/v1/incidents", RANGE), target.victim.key)
    found = orjson.loads(reply.content)["incidents"]
    return "".join(str(one) for one in found if one["acknowledged"] or one["feedback"])


@on(REQUESTS)
async def ids_that_are_no_incidents(target: Target) -> str:
    odd = ("0", "-1", "1;2", "%31%27", "1'--", "x" * 400, "0" * 32 + "'", "{00000000", "\u0661" * 36)
    return await target.refused([Ask(f"/v1/incidents/{one}") for one in odd], {404, 422})


@on(REQUESTS)
async def cursor_of_another(target: Target) -> str:
    """One that the victim was given for the very same question."""
    asks = []
    for path, limit in (("/v1/events", "2"), ("/v1/dead-letters", "1"), ("/v1/incidents", "1")):
        reply = await ask(target.app, Ask(path, (*RANGE, ("limit", limit))), target.victim.key)
        cursor = orjson.loads(reply.content)["next"]
        asks.append(Ask(path, (*RANGE, ("cursor", cursor))))
    return await target.refused(asks, {422})


@on(REQUESTS)
async def cursor_of_another_list(target: Target) -> str:
    reply = await target.ask(Ask("/v1/dead-letters", (*RANGE, ("limit", "1"))))
    cursor = orjson.loads(reply.content)["next"]
    paths = ("/v1/events", "/v1/keys", "/v1/members", "/v1/audit", "/v1/incidents", "/v1/anomalies")
    return await target.refused([Ask(path, (("cursor", cursor),)) for path in paths], {422})


@on(REQUESTS)
async def cursor_that_was_changed(target: Target) -> str:
    """Cut, stretched, every character another one, its place moved."""
    reply = await target.ask(Ask("/v1/events", (*RANGE, ("limit", "2"))))
    good = orjson.loads(reply.content)["next"]
    forged = {
        good[:-1],
        good[1:],
        good + "A",
        good + "=",
        good.swapcase(),
        good[::-1],
        "",
        " ",
        "A" * len(good),
    }
    forged |= {good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(len(good))}
    return await target.refused(
        [Ask("/v1/events", (*RANGE, ("cursor", one))) for one in forged - {good}], {422}
    )


@on(REQUESTS)
async def tag_of_another(target: Target) -> str:
    """What the victim holds of the same question does not tell the attacker whether his answer is the same."""
    reply = await ask(target.app, USAGE, target.victim.key)
    tag = reply.headers["etag"]
    held = (tag, f"W/{tag}", f'"a", {tag}, "b"', tag.split("-", maxsplit=1)[0] + '-"')
    return await target.own([Ask(USAGE.path, USAGE.params, (("if-none-match", one),)) for one in held])


@on(REQUESTS)
async def any_tag(target: Target) -> str:
    reply = await target.ask(Ask(USAGE.path, USAGE.params, (("if-none-match", "*"),)))
    return "" if reply.status == 304 and not reply.content else f"{reply.status}: {reply.text}"


@on(REQUESTS)
async def answer_that_others_may_keep(target: Target) -> str:
    """No shared cache may keep an answer, or give it to who has another key."""
    for path in (
        "/v1/usage",
        "/v1/events",
        "/v1/users",
        "/v1/dimensions",
        "/v1/ledger",
        "/v1/keys",
        "/v1/audit",
        "/v1/forecasts",
        "/v1/forecasts/month",
        "/v1/forecasts/accuracy",
        "/v1/anomalies",
        "/v1/incidents",
    ):
        reply = await target.ask(Ask(path))
        control, vary = reply.headers.get("cache-control", ""), reply.headers.get("vary", "")
        if "private" not in control or "authorization" not in vary.lower():
            return f"{path}: {control!r}, {vary!r}"
    return ""


@on(REQUESTS)
async def no_credential_on_any_route(target: Target) -> str:
    """Every path of the documentation with every method: nobody is answered who does not say who he is."""
    asks = [
        Ask(path.replace("{id}", "1"), (), (), b"{}", method)
        for path in target.app.openapi()["paths"]
        if path not in OPEN
        for method in (
            "GET",
            "HEAD",
            "POST",
            "PUT",
            "PATCH",
            "DELETE",
            "OPTIONS",
            "TRACE",
            "CONNECT",
            "get",
            "X",
        )
    ]
    return await target.refused(asks, {401, 404, 405}, "")


@on(REQUESTS)
async def paths_that_mean_the_same(target: Target) -> str:
    paths = (
        "//v1/usage", "/v1//usage", "/v1/usage/", "/V1/USAGE", "/v1/./usage", "/healthz/../v1/usage", "/v1/usage;a=b",
        "/healthz/%2e%2e/v1/usage", "/v1%2fusage", "/v1/usage%00", "/v1/usage\x00",
        "/static-offline-docs/../../v1/usage",
        "/metrics/../v1/keys", "http://hub/v1/usage", "/v1/usage%20", "/docs/..%5cv1%5cusage", "/graphql/", "//graphql",
    )  # fmt: skip
    return await target.refused([Ask(path) for path in paths], {401, 404, 405}, "")


@on(REQUESTS)
async def headers_without_measure(target: Target) -> str:
    long = "a" * 1_000_000
    asks = [
        Ask("/v1/usage", (), (("authorization", f"Bearer {long}"),)),
        Ask("/v1/usage", (), ((long, "a"),)),
    ]
    asks += [Ask("/v1/usage", (), tuple(("x-many", "a") for _ in range(10_000)))]
    return await target.refused(asks, {400, 401, 431}, "")


@on(REQUESTS)
async def open_pages_that_tell(target: Target) -> str:
    """What anybody may read names no tenant, not even after all this."""
    for path in sorted(OPEN):
        reply = await target.ask(Ask(path), "")
        if marks_in(reply.text):
            return f"{path}: {marks_in(reply.text)}"
    return ""


def _graph(text: str) -> Ask:
    return Ask("/graphql", (), (("content-type", "application/json"),), orjson.dumps({"query": text}), "POST")
