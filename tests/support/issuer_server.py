"""The issuer of the tests on loopback: discovery, keys, and signing in by authorization code with PKCE.

In: nothing. Out: an issuer that is asked over HTTP and counts it; its `mode` makes it go away, answer garbage or wait.
"""

import base64
import hashlib
import json
import secrets
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.issuer import CLIENT, Issuer

WAIT_S: Final = 60.0
REDIRECT: Final = "http://127.0.0.1:1/signed-in"


@dataclass(frozen=True)
class _Grant:
    """What a code stands for, until it is redeemed."""

    challenge: str
    redirect: str
    claims: dict[str, Any]


class ServedIssuer(Issuer):
    """An issuer that can be asked."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.mode = "well"
        """`well`, `down` (hangs up), `error`, `garbage`, `redirect`, `endless`, `other issuer`, or `slow`: it begins to
        answer and waits for `go_on`."""
        self.go_on = threading.Event()
        self.asked: Counter[str] = Counter()
        self.people: dict[str, dict[str, Any]] = {}
        """Claims of whoever signs in, by name."""
        self._grants: dict[str, _Grant] = {}

    def authorize(self, query: dict[str, str]) -> str | None:
        """Where the browser goes on, or None for a request that breaks the rules."""
        person = self.people.get(query.get("login_hint", ""))
        if person is None or query.get("client_id") != CLIENT or query.get("redirect_uri") != REDIRECT:
            return None
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return None
        code = secrets.token_urlsafe()
        self._grants[code] = _Grant(query["code_challenge"], query["redirect_uri"], person)
        return f"{REDIRECT}?{urlencode({'code': code, 'state': query['state']})}"

    def redeem(self, form: dict[str, str]) -> str | None:
        """The token for a code, once, and only for whoever asked for the code."""
        grant = self._grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if grant is None or challenge != grant.challenge or form.get("redirect_uri") != grant.redirect:
            return None
        return self.token(**grant.claims)


@contextmanager
def a_served_issuer(tls: ssl.SSLContext | None = None) -> Iterator[ServedIssuer]:
    """An issuer on a free port, until the end of the block."""
    server = _Server(("127.0.0.1", 0), _Handler)
    scheme = "http" if tls is None else "https"
    if tls is not None:
        # The handshake is the business of the thread of a connection: one that fails ends that one alone.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    issuer = ServedIssuer(f"{scheme}://127.0.0.1:{server.server_port}/realm")
    server.issuer = issuer  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        issuer.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join(WAIT_S)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Says nothing: a client hung up, or does not trust our certificate."""


class _Handler(BaseHTTPRequestHandler):
    timeout = WAIT_S

    @property
    def issuer(self) -> ServedIssuer:
        found = self.server.issuer  # type: ignore[attr-defined]
        assert isinstance(found, ServedIssuer)
        return found

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.issuer.asked[parts.path] += 1
        if parts.path == "/realm/authorize":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            place = self.issuer.authorize(query)
            self._answer(400 if place is None else 302, b"", Location=place or "/")
            return
        documents: dict[str, Callable[[], bytes]] = {
            "/realm/.well-known/openid-configuration": self.issuer.discovery,
            "/realm/keys": self.issuer.jwks,
        }
        made = documents.get(parts.path)
        if made is None:
            self._answer(404, b"")
        elif self.issuer.mode == "well":
            self._answer(200, made())
        else:
            self._misbehave()

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        token = self.issuer.redeem({name: values[0] for name, values in parse_qs(sent).items()})
        if self.path != "/realm/token" or token is None:
            self._answer(400, b'{"error": "invalid_grant"}')
            return
        self._answer(200, json.dumps({"access_token": token, "token_type": "Bearer"}).encode())

    def _misbehave(self) -> None:
        mode = self.issuer.mode
        if mode == "down":
            self.close_connection = True
            self.connection.close()
        elif mode == "error":
            self._answer(500, b"")
        elif mode == "garbage":
            self._answer(200, b"<html>Sign in to the network</html>")
        elif mode == "redirect":
            self._answer(302, b"", Location="/realm/keys")
        elif mode == "endless":
            with suppress(OSError):
                self._answer(200, b" " * 4_000_000)
        elif mode == "other issuer":
            self._answer(200, json.dumps({"issuer": "https://attacker.example", "jwks_uri": "x"}).encode())
        else:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            self.wfile.flush()
            self.issuer.go_on.wait(WAIT_S)

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
