"""Asking an issuer that misbehaves: every answer but the right one is a reason in words, within the deadline."""

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_hub.tenancy.oidc.fetch import FetchFailed, fetch
from analytics_hub.tenancy.oidc.issuer_keys import fetch_keys
from tests.support.certificate import self_signed
from tests.support.issuer import Issuer
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
        ("down", "RemoteDisconnected|ConnectionReset"),
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
    assert re.search(told, refusal(issuer))


def test_an_issuer_that_never_ends_its_answer_is_left_at_the_deadline(issuer: ServedIssuer) -> None:
    issuer.mode = "slow"
    assert "no answer within 0.2 s" in refusal(issuer, wait_s=0.2)


def test_nobody_there_is_told_as_such() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # taken, and nobody listens
        settings = Issuer(f"http://127.0.0.1:{silent.getsockname()[1]}").settings()
        with pytest.raises(FetchFailed, match="ConnectionRefusedError"):
            asyncio.run(fetch_keys(settings))


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "issuer.pem"
    certificate.write_bytes(self_signed("127.0.0.1"))
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    with a_served_issuer(served) as issuer:
        assert "CERTIFICATE_VERIFY_FAILED" in refusal(issuer)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert asyncio.run(fetch_keys(issuer.settings()))


def test_a_certificate_of_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = tmp_path / "issuer.pem"
    certificate.write_bytes(self_signed("127.0.0.2"))
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with a_served_issuer(served) as issuer:
        assert "IP address mismatch" in refusal(issuer)


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
