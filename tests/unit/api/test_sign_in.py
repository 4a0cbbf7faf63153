"""Where people sign in, told to anybody who asks."""

from dataclasses import replace

import pytest

from analytics_hub.settings import OidcSettings
from tests.support.api_world import World
from tests.support.http import Answer
from tests.support.issuer import AUDIENCE, CLIENT, Issuer


def asked(oidc: OidcSettings | None) -> Answer:
    world = World()
    world._services = replace(world._services, oidc=oidc)
    return world.get("/v1/sign-in")


def test_a_dashboard_learns_where_people_sign_in_without_a_key() -> None:
    issuer = Issuer()
    answer = asked(issuer.settings(scopes="openid email"))
    assert answer.status == 200
    assert answer.body == {
        "issuer": issuer.address,
        "client_id": CLIENT,
        "audience": AUDIENCE,
        "scopes": ["openid", "email"],
    }


@pytest.mark.parametrize("oidc", [None, OidcSettings.model_construct(), Issuer().settings(client_id=None)])
def test_where_nobody_can_sign_in_that_is_said(oidc: OidcSettings | None) -> None:
    answer = asked(oidc)
    assert (answer.status, answer.body["code"]) == (404, "no_sign_in")
