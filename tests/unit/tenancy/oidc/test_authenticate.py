"""From a token to a caller: dates, tenants, roles, and memberships that can be taken away."""

from datetime import timedelta
from typing import Any

import pytest

from analytics_hub.domain.access import Actor, ActorKind, Right, Role
from analytics_hub.domain.errors import NotAllowed
from analytics_hub.tenancy.authenticate import Authenticator
from analytics_hub.tenancy.bearer import BearerAuthenticator
from analytics_hub.tenancy.issue import issue_key
from analytics_hub.tenancy.memory import MemoryKeyStore
from tests.support.oidc import NOW, TokenWorld


def test_a_token_names_the_tenant_the_person_and_the_role() -> None:
    world = TokenWorld()
    caller = world.caller(world.issuer.token(sub="ada", hub_role="analyst"))
    assert (caller.tenant, caller.slug) == (world.tenant.tenant_id, "acme")
    assert caller.actor == Actor(ActorKind.MEMBER, f"{world.issuer.address}|ada")
    assert caller.rights == {Right.VIEW, Right.QUERY}


def test_a_caller_ends_with_the_token_and_the_leeway() -> None:
    world = TokenWorld(leeway_s=30)
    caller = world.caller(world.issuer.token())
    assert caller.expires_at == NOW + timedelta(minutes=5, seconds=30)


def test_without_a_role_in_the_token_the_role_is_that_of_the_member() -> None:
    world = TokenWorld()
    world.add_member("ada", Role.ADMIN)
    assert Right.ADMIN in world.caller(world.issuer.token(hub_role=None)).rights


def test_the_role_of_the_token_comes_before_that_of_the_member() -> None:
    world = TokenWorld()
    world.add_member("ada", Role.ADMIN)
    with pytest.raises(NotAllowed, match="role_missing"):
        world.caller(world.issuer.token(hub_role="viewer")).require(Right.QUERY)


def test_who_has_a_role_nowhere_is_no_member() -> None:
    world = TokenWorld()
    assert world.refusal(world.issuer.token(hub_role=None)).code == "not_a_member"


def test_a_member_who_was_removed_is_refused_whatever_the_token_says() -> None:
    world = TokenWorld()
    world.add_member("ada", Role.ADMIN, removed_at=NOW)
    assert world.refusal(world.issuer.token(hub_role="admin")).code == "not_a_member"


def test_a_tenant_that_is_not_there_and_one_without_the_person_read_the_same() -> None:
    world = TokenWorld()
    absent = world.refusal(world.issuer.token(hub_tenant="nobody"))
    stranger = world.refusal(world.issuer.token(hub_role=None))
    assert (absent.code, absent.message) == (stranger.code, stranger.message)


def test_a_removal_is_seen_after_the_seconds_of_the_cache() -> None:
    world = TokenWorld()
    member = world.add_member("ada", Role.VIEWER)
    text = world.issuer.token(hub_role=None)
    assert world.caller(text)
    world.tenants.remove_member(world.tenant.tenant_id, member)
    world.clock.advance(timedelta(seconds=5))
    assert world.refusal(text).code == "not_a_member"


@pytest.mark.parametrize(("after_s", "holds"), [(329, True), (330, False)])
def test_a_token_holds_until_its_end_and_the_leeway(after_s: int, holds: bool) -> None:
    world = TokenWorld(leeway_s=30)
    text = world.issuer.token()
    world.clock.advance(timedelta(seconds=after_s))
    if holds:
        assert world.caller(text)
    else:
        assert world.refusal(text).code == "token_expired"


@pytest.mark.parametrize("claim", ["nbf", "iat"])
@pytest.mark.parametrize(("ahead_s", "holds"), [(30, True), (31, False)])
def test_a_token_from_a_clock_ahead_of_ours_holds_within_the_leeway(
    claim: str, ahead_s: int, holds: bool
) -> None:
    world = TokenWorld(leeway_s=30)
    ahead: dict[str, Any] = {claim: world.issuer.now_s() + ahead_s}
    text = world.issuer.token(**ahead)
    if holds:
        assert world.caller(text)
    else:
        assert world.refusal(text).code == "token_not_yet_valid"


def test_a_token_for_somebody_else_is_told_so_only_when_its_signature_holds() -> None:
    world = TokenWorld()
    text = world.issuer.token(aud="somebody-else")
    assert world.refusal(text).code == "wrong_audience"
    assert world.refusal(f"{text[:-8]}AAAAAAAA").code == "bad_token"


def test_claims_may_have_other_names() -> None:
    world = TokenWorld(tenant_claim="https://hub.example/tenant", role_claim="https://hub.example/role")
    claims: dict[str, Any] = {"https://hub.example/tenant": "acme", "https://hub.example/role": "admin"}
    assert Right.ADMIN in world.caller(world.issuer.token(**claims)).rights


def test_only_the_algorithms_of_the_settings_hold() -> None:
    world = TokenWorld(algorithms="EdDSA")
    assert world.caller(world.issuer.token(key=world.issuer.key("EdDSA")))
    assert world.refusal(world.issuer.token(key=world.issuer.key("RS256"))).code == "bad_token"


def test_keys_and_tokens_come_through_one_door() -> None:
    world = TokenWorld()
    keys = Authenticator(MemoryKeyStore(world.tenants), world.clock, cache_s=5, cache_max=10)
    key = issue_key(world.tenants, world.tenant.tenant_id, ["ingest"]).text
    world.tokens = BearerAuthenticator(keys, world.tokens)
    assert world.caller(key).actor.kind is ActorKind.KEY
    assert world.caller(world.issuer.token()).actor.kind is ActorKind.MEMBER
    assert world.refusal("hub_nonsense").code == "bad_key"
    assert world.refusal("nonsense").code == "bad_token"


def test_people_do_not_send_events() -> None:
    world = TokenWorld()
    with pytest.raises(NotAllowed, match="asks for a key"):
        world.caller(world.issuer.token(hub_role="admin")).require(Right.SEND)
