"""People sign in with an issuer on loopback and ask a hub behind a real web server, wired as `hub up` wires it."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from tests.support.database import Database, copy_of
from tests.support.deltas import add_series, flush_delta, minute
from tests.support.issuer_server import ServedIssuer, a_served_issuer
from tests.support.jwt_attacks import JWT_ATTACKS
from tests.support.signed_in import a_hub, bearer, sign_in

USAGE = "/v1/usage?from=2026-11-01&to=2026-11-02"
EVENTS = "/v1/events?from=2026-11-01&to=2026-11-02"
KEYS = "/v1/keys"


@pytest.fixture(scope="module")
def one_db(template: Database) -> Iterator[Database]:
    """Three events of acme, five of another tenant."""
    with copy_of(template) as database:
        for slug, events in (("acme", 3), ("other", 5)):
            tenant = database.add_tenant(slug)
            with database.connect("hub_writer") as writer:
                add_series(writer, tenant, 1, provider="openai", model="gpt-4o")
                flush_delta(writer, tenant, minute("2026-11-01 10:07"), 1, events=events)
        yield database


@pytest.fixture
def issuer() -> Iterator[ServedIssuer]:
    with a_served_issuer() as served:
        yield served


async def status(hub: httpx.AsyncClient, path: str, token: str) -> tuple[int, str]:
    answer = await hub.get(path, headers=bearer(token))
    return answer.status_code, answer.json().get("code", "")


def test_people_sign_in_and_see_what_their_role_may_see(one_db: Database, issuer: ServedIssuer) -> None:
    issuer.people = {role: {"sub": role, "hub_role": role} for role in ("viewer", "analyst", "admin")}

    async def main() -> None:
        async with a_hub(one_db, issuer) as hub:
            for role, may in (
                ("viewer", {USAGE}),
                ("analyst", {USAGE, EVENTS}),
                ("admin", {USAGE, EVENTS, KEYS}),
            ):
                token = await sign_in(hub, role)
                for path in (USAGE, EVENTS, KEYS):
                    expected = (200, "") if path in may else (403, "role_missing")
                    assert await status(hub, path, token) == expected, (role, path)
            usage = await hub.get(USAGE, headers=bearer(token))
            assert usage.json()["total"]["events"] == 3

    asyncio.run(main())


def test_a_member_has_the_role_of_the_books_until_it_is_taken_away(
    one_db: Database, issuer: ServedIssuer
) -> None:
    issuer.people = {"ann": {"sub": "ann", "hub_tenant": "other", "hub_role": None}}

    async def main() -> None:
        async with a_hub(one_db, issuer) as hub:
            token = await sign_in(hub, "ann")
            assert await status(hub, USAGE, token) == (403, "not_a_member")
            with one_db.connect("hub_maint") as maint:
                maint.execute(
                    "INSERT INTO hub.members (tenant_id, member_id, issuer, subject, role)"
                    " SELECT tenant_id, gen_random_uuid(), %s, 'ann', 'viewer' FROM hub.tenants WHERE slug = 'other'",
                    [issuer.address],
                )
                usage = await hub.get(USAGE, headers=bearer(token))
                assert usage.json()["total"]["events"] == 5
                maint.execute("UPDATE hub.members SET removed_at = now() WHERE subject = 'ann'")
            assert await status(hub, USAGE, token) == (403, "not_a_member")

    asyncio.run(main())


def test_the_issuer_changes_its_keys_and_goes_away_while_the_hub_serves(
    one_db: Database, issuer: ServedIssuer
) -> None:
    async def main() -> None:
        async with a_hub(one_db, issuer) as hub:
            old = issuer.token()
            assert await status(hub, USAGE, old) == (200, "")
            issuer.rotate("es-2")
            assert await status(hub, USAGE, issuer.token()) == (200, "")
            issuer.rotate("es-3")
            for mode in ("down", "garbage", "other issuer"):
                issuer.mode = mode
                answer = await hub.get(USAGE, headers=bearer(issuer.token()))
                assert (answer.status_code, answer.json()["code"]) == (503, "issuer_unavailable")
                assert int(answer.headers["retry-after"]) >= 1
                assert await status(hub, USAGE, old) == (200, "")
            issuer.mode = "well"
            assert await status(hub, USAGE, issuer.token()) == (200, "")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (timedelta(seconds=200), (200, "")),
        (timedelta(hours=1), (401, "token_not_yet_valid")),
        # A token lasts five minutes: its end is ten seconds ago.
        (timedelta(minutes=-5, seconds=-10), (200, "")),
        (timedelta(hours=-1), (401, "token_expired")),
    ],
)
def test_the_issuers_clock_may_differ_by_the_leeway(
    shift: timedelta, expected: tuple[int, str], one_db: Database, issuer: ServedIssuer
) -> None:
    issuer.shift = shift

    async def main() -> None:
        async with a_hub(one_db, issuer, leeway_s=300) as hub:
            assert await status(hub, USAGE, issuer.token()) == expected

    asyncio.run(main())


def test_forged_tokens_are_refused_at_the_door_and_told_nothing(
    one_db: Database, issuer: ServedIssuer
) -> None:
    names = [
        "alg_none",
        "hs256_by_the_public_pem",
        "psychic_signature",
        "kid_sql",
        "jku_of_the_attacker",
        "huge",
    ]

    async def main() -> None:
        async with a_hub(one_db, issuer) as hub:
            for name in names:
                answer = await hub.get(USAGE, headers=bearer(JWT_ATTACKS[name](issuer)))
                assert (answer.status_code, answer.json()["code"]) == (401, "bad_token"), name
                assert answer.json()["detail"] == "The token does not hold."
                assert answer.headers["www-authenticate"].endswith('error="invalid_token"')
            unknown = await hub.get(USAGE)
            assert "error" not in unknown.headers["www-authenticate"]

    asyncio.run(main())
