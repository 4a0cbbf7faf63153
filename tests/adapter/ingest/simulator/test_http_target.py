"""The simulator's HTTP client against a real server on loopback."""

import http.server
import threading
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pytest

from analytics_hub.domain.errors import InvalidInput
from ingest.simulator.bodies import Body
from ingest.simulator.http_target import HttpTarget
from ingest.simulator.target import Verdict

BODY = Body("acme", b'{"id":"1"}\n', ())


class Collector(http.server.ThreadingHTTPServer):
    """Answers with what the test set, keeps what it was sent."""

    status = 202
    headers: Mapping[str, str] = MappingProxyType({})
    content = b'{"rejected_total":3}'
    seen: list[tuple[str, str, bytes, int]]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers["Authorization"]
        self.server.seen.append((self.path, key, body, self.client_address[1]))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector(("127.0.0.1", 0), Handler) as server:
        server.seen = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def target(collector: Collector) -> Iterator[HttpTarget]:
    made = HttpTarget(f"http://127.0.0.1:{collector.server_port}", {"acme": "hub_key"}, answer_wait_s=5)
    yield made
    made.close()


def test_bodies_go_over_one_connection_with_the_tenants_key(collector: Collector, target: HttpTarget) -> None:
    answers = [target.send(BODY) for _ in range(3)]
    assert [(answer.verdict, answer.rejected) for answer in answers] == [(Verdict.ACKED, 3)] * 3
    assert {seen[:3] for seen in collector.seen} == {("/v1/events", "Bearer hub_key", BODY.payload)}
    assert len({port for *_, port in collector.seen}) == 1


def test_a_busy_collector_says_when_to_come_back(collector: Collector, target: HttpTarget) -> None:
    collector.status, collector.headers = 503, {"Retry-After": "7"}
    answer = target.send(BODY)
    assert (answer.verdict, answer.reason, answer.retry_after_s) == (Verdict.LATER, "503", 7)


def test_a_wrong_key_is_not_tried_again(collector: Collector, target: HttpTarget) -> None:
    collector.status, collector.content = 401, b"who?"
    answer = target.send(BODY)
    assert (answer.verdict, answer.reason) == (Verdict.REFUSED, "401 who?")


def test_a_collector_that_is_away_is_asked_later(collector: Collector, target: HttpTarget) -> None:
    collector.server_close()
    assert target.send(BODY).verdict is Verdict.LATER


@pytest.mark.parametrize("url", ["127.0.0.1:8480", "ftp://host", "http://"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidInput, match="not an address"):
        HttpTarget(url, {}, answer_wait_s=1)
