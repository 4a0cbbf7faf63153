"""Whatever stands behind `Bearer`: it is a caller or a refusal, and no letter of a token can be another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.errors import HubError
from tests.support.issuer import part, signed
from tests.support.oidc import TokenWorld

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\x00é"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
CLAIMS = st.dictionaries(
    st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "sub", "hub_tenant", "hub_role"]), JSON, max_size=3
)
HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "x"]), JSON, max_size=3)


REFUSALS = {"bad_token", "token_expired", "token_not_yet_valid", "wrong_audience"}
NO_MEMBERS = {"no_tenant", "unknown_role", "not_a_member"}


@pytest.fixture(scope="module")
def world() -> TokenWorld:
    return TokenWorld()


@pytest.fixture(scope="module")
def tokens(world: TokenWorld) -> list[str]:
    return [world.issuer.token(key=key) for key in world.issuer.keys]


def outcome(world: TokenWorld, text: str) -> str:
    """The tenant of the caller, or the code of the refusal."""
    try:
        return world.caller(text).slug
    except HubError as refused:
        return refused.code


@given(st.integers(0, 2), st.data())
def test_a_token_with_one_other_letter_does_not_hold(
    world: TokenWorld, tokens: list[str], number: int, data: st.DataObject
) -> None:
    token = tokens[number]
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from([one for one in LETTERS if one != token[place]]))
    assert outcome(world, token[:place] + letter + token[place + 1 :]) == "bad_token"


@given(st.text() | st.lists(st.binary(max_size=40).map(part), min_size=1, max_size=5).map(".".join))
def test_any_text_is_refused(world: TokenWorld, text: str) -> None:
    assert outcome(world, text) == "bad_token"


@given(CLAIMS, HEADERS)
def test_any_claims_and_headers_that_are_truly_signed_are_a_caller_or_a_refusal(
    world: TokenWorld, claims: dict[str, object], header: dict[str, object]
) -> None:
    key = world.issuer.keys[-1]
    whole = {"alg": key.algorithm, "kid": key.kid} | header
    text = signed(whole, world.issuer.claims() | claims, key)
    assert outcome(world, text) in {"acme"} | REFUSALS | NO_MEMBERS


def test_the_tokens_hold_as_they_are(world: TokenWorld, tokens: list[str]) -> None:
    assert {outcome(world, token) for token in tokens} == {"acme"}
