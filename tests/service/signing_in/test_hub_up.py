"""The process itself, told of an issuer by its environment: people read, keys send."""

from pathlib import Path

from tests.support.collecting import Tenant, a_collector, array, fresh
from tests.support.database import Database
from tests.support.issuer import AUDIENCE, CLIENT
from tests.support.issuer_server import a_served_issuer
from tests.support.signed_in import bearer


def test_people_read_and_keys_send(db: Database, tmp_path: Path) -> None:
    tenant = Tenant(db)
    with a_served_issuer() as issuer:
        named = {
            "HUB_OIDC_ISSUER": issuer.address,
            "HUB_OIDC_AUDIENCE": AUDIENCE,
            "HUB_OIDC_CLIENT_ID": CLIENT,
            "HUB_OIDC_WAIT_S": "60",
        }
        with a_collector(db, tmp_path, **named) as hub:
            assert hub.send(array(fresh([1, 2, 3])), tenant.key).status == 200
            token = issuer.token(hub_role="admin")
            assert hub.request("GET", "/v1/sign-in").body["issuer"] == issuer.address
            usage = hub.request("GET", "/v1/usage?from=-24h", bearer(token))
            assert (usage.status, usage.body["total"]["events"]) == (200, 3)
            sent = hub.send(array(fresh([4])), token)
            assert (sent.status, sent.body["code"]) == (403, "role_missing")
            forged = hub.send(array(fresh([4])), f"{token[:-6]}AAAAAA")
            assert (forged.status, forged.body["code"]) == (401, "bad_token")
    assert tenant.stored() == 3
