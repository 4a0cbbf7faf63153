"""Attacks on the credential itself: keys that are guessed, pieced together, changed, sent where none belongs.

In: a `Target`, whose victim's key the attacker may even know in part. Out: `CREDENTIALS`, as `REQUESTS`.
"""

from collections.abc import Iterator
from typing import Final

from tests.support.attacks.asgi import Ask
from tests.support.attacks.doors import with_checksum
from tests.support.attacks.registry import on
from tests.support.attacks.requests import USAGE, Attack, Target
from tests.support.attacks.told import sums_of

CREDENTIALS: Final[dict[str, Attack]] = {}


@on(CREDENTIALS)
async def secret_of_one_prefix_of_another(target: Target) -> str:
    """With a checksum that holds."""
    prefix, secret = target.victim.key.split("_")[1], target.attacker.key.split("_")[2]
    return await target.refused([USAGE], {401}, with_checksum(f"hub_{prefix}_{secret}"))


@on(CREDENTIALS)
async def secret_that_is_guessed(target: Target) -> str:
    prefix = target.victim.key.split("_")[1]
    for secret in (
        "a" * 52,
        "7" * 52,
        target.victim.key.split("_")[2][:-1] + "a",
        target.victim.key.split("_")[2][::-1],
    ):
        key = with_checksum(f"hub_{prefix}_{secret}")
        if key != target.victim.key and (wrong := await target.refused([USAGE], {401}, key)):
            return wrong
    return ""


@on(CREDENTIALS)
async def key_that_was_changed(target: Target) -> str:
    for key in _broken(target.victim.key):
        if wrong := await target.refused([USAGE], {400, 401}, key):
            return f"{key!r}: {wrong}"
    return ""


@on(CREDENTIALS)
async def key_in_another_place(target: Target) -> str:
    """The victim's own key counts in one place only, where no log and no history keeps it."""
    key = target.victim.key
    places = [
        Ask("/v1/usage", (), (("authorization", f"Basic {key}"),)),
        Ask("/v1/usage", (), (("authorization", key),)),
        Ask("/v1/usage", (), (("authorization", f"Token {key}"),)),
        Ask("/v1/usage", (), (("x-api-key", key),)),
        Ask("/v1/usage", (), (("cookie", f"key={key}"),)),
        Ask("/v1/usage", (), (("proxy-authorization", f"Bearer {key}"),)),
        Ask("/v1/usage", (("access_token", key),)),
    ]
    return await target.refused(places, {401}, "")


@on(CREDENTIALS)
async def two_credentials_at_once(target: Target) -> str:
    """Whichever counts, it is one of them whole."""
    sent = Ask(
        USAGE.path,
        USAGE.params,
        (("authorization", f"Bearer {with_checksum('hub_' + 'a' * 12 + '_' + 'a' * 52)}"),),
    )
    reply = await target.ask(sent)
    if reply.status == 401:
        return ""
    return sums_of(target.attacker.sums())(reply)


def _broken(key: str) -> Iterator[str]:
    """The victim's key, and yet not."""
    yield from (
        key[:-1],
        key[1:],
        key + "0",
        key.upper(),
        key[:16],
        key.replace("_", "-"),
        key.replace("hub", "HUB"),
    )
    yield from (
        f" {key}x",
        f"{key},{key}",
        f"{key}%00",
        "hub_",
        "null",
        "undefined",
        "' OR 1=1 --",
    )
    yield from (key.replace("a", "\u00e4", 1) if "a" in key else key + "\u00e4", key + "\u00a0", key[::-1])
    yield with_checksum(key.rpartition("_")[0][:-1] + ("a" if key.rpartition("_")[0][-1] != "a" else "b"))
