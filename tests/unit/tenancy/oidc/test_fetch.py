"""Asking an issuer that misbehaves: every answer but the right one is a reason in words, within the deadline."""

import asyncio
from collections.abc import Iterator

import pytest

from analytics_hub.tenancy.oidc.fetch import FetchFailed, fetch
from analytics_hub.tenancy.oidc.issuer_keys import fetch_keys
from tests.support.issuer_server import ServedIssuer, a_served_issuer


@pytest.fixture(scope="module")
def served() -> Iterator[ServedIssuer]:
    with a_served_issuer() as issuer:
        yield issuer


@pytest.fixture
def issuer(served: ServedIssuer) -> Iterator[ServedIssuer]:
    yield served
    served.mode = "well"


def refusal(issuer: ServedIssuer, **changed: object) -> str:
    with pytest.raises(FetchFailed) as failed:
        asyncio.run(fetch_keys(issuer.settings(**changed)))
    return str(failed.value)


def test_the_keys_of_an_issuer_are_found_by_its_name_alone(issuer: ServedIssuer) -> None:
    keys = asyncio.run(fetch_keys(issuer.settings()))
    assert set(keys) == {("rsa-1", "RS256"), ("ed-1", "EdDSA"), ("es-1", "ES256")}


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("down", "RemoteDisconnected"),
        ("error", "status 500"),
        ("garbage", "Expecting value"),
        ("redirect", "status 302"),
        ("endless", "longer than 262144 bytes"),
        ("other issuer", "attacker.example"),
    ],
)
def test_what_is_no_document_of_the_issuer_is_refused_in_words(
    mode: str, told: str, issuer: ServedIssuer
) -> None:
    issuer.mode = mode
    assert told in refusal(issuer)


def test_an_issuer_that_never_ends_its_answer_is_left_at_the_deadline(issuer: ServedIssuer) -> None:
    issuer.mode = "slow"
    assert "no answer within 0.2 s" in refusal(issuer, wait_s=0.2)


def test_nobody_there_is_told_as_such() -> None:
    with a_served_issuer() as gone:
        settings = gone.settings()
    with pytest.raises(FetchFailed, match="ConnectionRefusedError"):
        asyncio.run(fetch_keys(settings))


@pytest.mark.parametrize(
    "address",
    [
        "http://issuer.example/keys",
        "file:///etc/passwd",
        "ftp://127.0.0.1/keys",
        "https://user:secret@issuer.example/keys",
        "https:///keys",
        "http://127.0.0.1.attacker.example/keys",
        "http://127.0.0.1:99999/keys",
        "https://issuer.example/a b",
        "",
    ],
)
def test_an_address_that_anybody_could_answer_for_is_not_asked(address: str) -> None:
    with pytest.raises(FetchFailed, match="not https"):
        asyncio.run(fetch(address, wait_s=1, bytes_max=10))
