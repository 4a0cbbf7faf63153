"""What may stand in a list of keys, and which tokens may then ask for them."""

import json
from typing import Any

import pytest

from analytics_hub.settings.oidc import ALGORITHMS
from analytics_hub.tenancy.oidc.documents import discovery_address, keys_address, read_keys
from tests.support.issuer import SigningKey, new_key, rsa_key

EVERY = frozenset(ALGORITHMS)


def found(*jwks: Any, algorithms: frozenset[str] = EVERY, keys_max: int = 10) -> set[tuple[str, str]]:
    good = new_key("good").jwk()
    document = json.dumps({"keys": [good, *jwks]}).encode()
    return set(read_keys(document, algorithms, keys_max)) - {("good", "ES256")}


def without(jwk: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name not in names}


def test_a_key_checks_what_it_says_it_is_for() -> None:
    assert found(new_key("a", "RS256").jwk()) == {("a", "RS256")}


def test_a_key_that_does_not_say_checks_what_its_kind_can() -> None:
    rsa = without(new_key("a", "RS256").jwk(), "alg", "use")
    assert found(rsa) == {("a", f"{family}{bits}") for family in ("RS", "PS") for bits in (256, 384, 512)}
    assert found(rsa, algorithms=frozenset({"RS256", "ES256"})) == {("a", "RS256")}
    assert found(without(new_key("b", "EdDSA").jwk(), "alg")) == {("b", "EdDSA")}


RSA = new_key("a", "RS256").jwk()
EC = new_key("a").jwk()


@pytest.mark.parametrize(
    "jwk",
    [
        EC | {"alg": "RS256"},
        RSA | {"alg": "ES256"},
        RSA | {"alg": "HS256"},
        RSA | {"alg": "none"},
        RSA | {"alg": ["RS256"]},
        RSA | {"use": "enc"},
        RSA | {"key_ops": ["encrypt"]},
        RSA | {"key_ops": "verify"},
        RSA | {"d": "AQAB"},
        RSA | {"n": 5},
        RSA | {"n": ""},
        RSA | {"n": "A" * 2_000},
        RSA | {"e": "AQ"},
        RSA | {"kid": ""},
        RSA | {"kid": 1},
        RSA | {"kid": "k" * 257},
        RSA | {"kty": ["RSA"]},
        without(RSA, "kid"),
        without(RSA, "kty"),
        without(RSA, "n"),
        EC | {"crv": "P-521"},
        EC | {"crv": "secp256k1"},
        EC | {"x": EC["y"]},
        without(EC, "y"),
        {"kty": "oct", "kid": "a", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "oct", "kid": "a", "k": "c2VjcmV0", "alg": "RS256"},
        {"kty": "OKP", "crv": "X25519", "kid": "a", "x": "AAAA"},
        {"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "AAAA"},
        SigningKey("a", "RS256", rsa_key(9, 1024)).jwk(),
        "a",
        None,
        [],
    ],
)
def test_a_key_that_no_token_may_ask_for_is_left_out(jwk: Any) -> None:
    assert found(jwk) == set()


def test_of_two_keys_of_one_name_the_first_counts() -> None:
    first, second = new_key("a"), new_key("a")
    keys = read_keys(json.dumps({"keys": [first.jwk(), second.jwk()]}).encode(), EVERY, 10)
    assert keys["a", "ES256"].key.public_numbers() == first.private.public_key().public_numbers()  # type: ignore[union-attr]


def test_no_more_keys_are_kept_than_the_bound() -> None:
    assert len(found(*[new_key(str(number)).jwk() for number in range(9)], keys_max=4)) == 3


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": []}', b"\xff", b"{" * 9_000]
)
def test_a_document_without_a_usable_key_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_keys(document, EVERY, 10)


def test_the_document_of_another_issuer_names_no_keys() -> None:
    document = json.dumps({"issuer": "https://a.example", "jwks_uri": "https://a.example/keys"}).encode()
    assert keys_address(document, "https://a.example") == "https://a.example/keys"
    with pytest.raises(ValueError, match=r"not of 'https://a\.example/'"):
        keys_address(document, "https://a.example/")


@pytest.mark.parametrize(
    "address", ["http://a.example/keys", "file:///etc/passwd", 5, None, ["https://a.example"]]
)
def test_keys_over_an_unsafe_way_are_not_asked_for(address: object) -> None:
    document = json.dumps({"issuer": "https://a.example", "jwks_uri": address}).encode()
    with pytest.raises(ValueError, match="jwks_uri"):
        keys_address(document, "https://a.example")


def test_the_discovery_document_is_below_the_issuer() -> None:
    for issuer in ("https://a.example/realm", "https://a.example/realm/"):
        assert discovery_address(issuer) == "https://a.example/realm/.well-known/openid-configuration"
