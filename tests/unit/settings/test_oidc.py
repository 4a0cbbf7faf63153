"""Which issuers can be named at all: a mistake here would let the wrong people in."""

from typing import Any

import pytest

from analytics_hub.settings import OidcSettings

WHOLE: dict[str, Any] = {"issuer": "https://login.example/realm", "audience": "hub"}


def test_without_an_issuer_nothing_is_asked_for() -> None:
    assert OidcSettings().issuer is None


@pytest.mark.parametrize(
    "issuer",
    ["https://login.example", "https://login.example:8443/a/b/", "http://127.0.0.1:9/x", "http://[::1]/"],
)
def test_an_issuer_is_https_or_on_this_machine(issuer: str) -> None:
    assert OidcSettings(**(WHOLE | {"issuer": issuer})).issuer == issuer


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "http://login.example"},
        {"issuer": "login.example"},
        {"issuer": ""},
        {"issuer": "https://user@login.example"},
        {"issuer": "https://login.example?realm=a"},
        {"issuer": "https://login.example#a"},
        {"issuer": "https://login.exam\u0440le"},
        {"audience": None},
        {"issuer": None},
        {"algorithms": "HS256"},
        {"algorithms": "RS256,none"},
        {"algorithms": ""},
        {"algorithms": "rs256"},
        {"keys_pause_s": 20.0, "keys_fresh_s": 10.0},
    ],
)
def test_settings_that_would_believe_the_wrong_one_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        OidcSettings(**(WHOLE | changed))


def test_the_algorithms_may_be_fewer_and_others() -> None:
    assert OidcSettings(**WHOLE).allowed() == {"RS256", "ES256", "EdDSA"}
    assert OidcSettings(algorithms="PS512, ES384").allowed() == {"PS512", "ES384"}
