"""A hub that believes an issuer of the tests, wired as `hub up` wires it, behind a real web server; and a browser.

In: a database, an issuer on loopback. Out: a client of the hub for as long as a block lasts; the token that somebody
gets who signs in there.
"""

import asyncio
import base64
import hashlib
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server as WebServer

from analytics_hub.api.app import create_app
from analytics_hub.cli.opened import OpenedHub
from analytics_hub.cli.services import open_services
from analytics_hub.settings import ApiSettings, default_settings
from tests.support.database import Database
from tests.support.issuer_server import REDIRECT, ServedIssuer

WAIT_S = 180.0


@asynccontextmanager
async def a_hub(db: Database, issuer: ServedIssuer, **changed: object) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the issuer and the members anew each time, unless `changed` says otherwise."""
    oidc = issuer.settings(**({"keys_pause_s": 0} | changed))
    settings = default_settings(oidc=oidc, api=ApiSettings(key_cache_s=0))
    hub = OpenedHub(settings, db.dsn, "a test")
    app = create_app(lambda: open_services(hub, "hub-test"), settings.api)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = WebServer(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI)
    serving = asyncio.create_task(server.serve())
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=WAIT_S) as client:
            await _until_ready(client)
            yield client
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        async with asyncio.timeout(WAIT_S):
            await serving


async def _until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                await client.get("/readyz")
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
            else:
                return


async def sign_in(hub: httpx.AsyncClient, person: str) -> str:
    """As a dashboard does it: where to go, a code with PKCE, the token for it."""
    where = (await hub.get("/v1/sign-in")).json()
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    digest = hashlib.sha256(verifier.encode()).digest()
    async with httpx.AsyncClient(timeout=WAIT_S) as browser:
        found = (await browser.get(f"{where['issuer']}/.well-known/openid-configuration")).json()
        asked = {
            "response_type": "code",
            "client_id": where["client_id"],
            "redirect_uri": REDIRECT,
            "scope": " ".join(where["scopes"]),
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "login_hint": person,
        }
        sent_back = await browser.get(found["authorization_endpoint"], params=asked)
        answer = parse_qs(urlsplit(sent_back.headers["location"]).query)
        assert answer["state"] == [state]
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"][0],
            "code_verifier": verifier,
            "redirect_uri": REDIRECT,
            "client_id": where["client_id"],
        }
        token = await browser.post(found["token_endpoint"], data=form)
        again = await browser.post(found["token_endpoint"], data=form)
        assert again.status_code == 400, "a code is good once"
    return str(token.json()["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
