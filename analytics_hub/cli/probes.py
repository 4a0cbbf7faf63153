"""A small HTTP face for processes without one: /metrics, /healthz, /readyz.

In: an address and two questions. Out: answers from a thread of its own, until the block ends. 200 when the
question is answered without a complaint, else 503 with the complaints, one a line.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from analytics_hub.domain.errors import Conflict
from analytics_hub.telemetry import REGISTRY

_REQUEST_S: Final = 5.0
_PLAIN: Final = "text/plain; charset=utf-8"

Complaints = Callable[[], Sequence[str]]


@contextmanager
def probes(host: str, port: int, *, healthy: Complaints, ready: Complaints) -> Iterator[int]:
    """Gives the port. Raises Conflict when it is taken."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_S

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
            elif self.path in {"/healthz", "/readyz"}:
                complaints = (healthy if self.path == "/healthz" else ready)()
                self._answer(503 if complaints else 200, _PLAIN, "\n".join(complaints or ["ok"]).encode())
            else:
                self._answer(404, _PLAIN, b"no such page")

        do_HEAD = do_GET  # noqa: N815  the base class asks for this name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Probes come every second: no line for each."""

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise Conflict("port_taken", f"{host}:{port} cannot be listened on: {error.strerror}") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="hub-probes", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
