"""Every attack of the corpus on a hub that believes one issuer: none becomes a caller, none breaks anything."""

import pytest

from analytics_hub.domain.errors import NotAllowed, NotAuthenticated
from tests.support.jwt_attacks import JWT_ATTACKS, JWT_CONTROLS
from tests.support.oidc import TokenWorld

TOLD = {"bad_token", "token_expired", "token_not_yet_valid", "wrong_audience"}
"""Codes of tokens that do not hold."""


@pytest.mark.parametrize("name", JWT_ATTACKS)
def test_an_attack_is_refused(name: str) -> None:
    world = TokenWorld()
    refused = world.refusal(JWT_ATTACKS[name](world.issuer))
    if name.startswith(("tenant_", "role_")):
        assert isinstance(refused, NotAllowed)
        assert refused.code in {"no_tenant", "unknown_role", "not_a_member"}
    else:
        assert isinstance(refused, NotAuthenticated)
        assert refused.code in TOLD


@pytest.mark.parametrize("name", JWT_CONTROLS)
def test_an_honest_token_made_by_the_same_hands_holds(name: str) -> None:
    world = TokenWorld()
    assert world.caller(JWT_CONTROLS[name](world.issuer)).slug == "acme"


def test_the_corpus_is_not_lost() -> None:
    assert len(JWT_ATTACKS) >= 100
