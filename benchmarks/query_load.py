"""The clients of the query benchmark: one that asks as soon as it is answered, or several that ask on time.

In: asks, keys by tenant, a port. Out: `Seen`, seconds by ask and the bodies that are to be checked. On time means from
the moment when a question was due: a server that stalls cannot hide it by keeping its clients from asking.
"""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from benchmarks.query_questions import Ask
from benchmarks.query_server import HOST

ANSWER_S = 120.0
_SHOWN_BYTES = 300


@dataclass
class Seen:
    """What came of some asks."""

    answers: list[tuple[Ask, float]] = field(default_factory=list)
    bodies: list[tuple[Ask, bytes]] = field(default_factory=list)

    def seconds(self, question: str, tenant: int | None = None) -> list[float]:
        """Ascending."""
        return sorted(
            seconds
            for ask, seconds in self.answers
            if ask.question == question and tenant in (None, ask.tenant)
        )


class Client:
    """One connection that is kept open."""

    def __init__(self, port: int, keys: dict[int, str]) -> None:
        self._conn = http.client.HTTPConnection(HOST, port, timeout=ANSWER_S)
        self._keys = keys

    def ask(self, ask: Ask) -> bytes:
        """The body; ends the benchmark for any status but 200."""
        headers = {"Authorization": f"Bearer {self._keys[ask.tenant]}"}
        self._conn.request("GET", ask.path, headers=headers)
        answer = self._conn.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise SystemExit(f"{ask.path} of tenant {ask.tenant}: {answer.status} {body[:_SHOWN_BYTES]!r}")
        return body


def one_by_one(port: int, keys: dict[int, str], asks: Sequence[Ask], bodies_kept: int) -> Seen:
    """One client; the first bodies are kept."""
    client, seen = Client(port, keys), Seen()
    for number, ask in enumerate(asks):
        began_s = time.perf_counter()
        body = client.ask(ask)
        seen.answers.append((ask, time.perf_counter() - began_s))
        if number < bodies_kept:
            seen.bodies.append((ask, body))
    return seen


def on_time(port: int, keys: dict[int, str], asks: Sequence[Ask], per_s: float, clients: int) -> Seen:
    """So many questions a second, each by the client that is free; seconds count from the moment when it was due."""
    seen, turns, failed = Seen(), itertools.count(), threading.Event()
    began_s = time.perf_counter() + 0.1

    def work() -> list[tuple[Ask, float]]:
        client, answers = Client(port, keys), []
        try:
            while (turn := next(turns)) < len(asks) and not failed.is_set():
                due_s = began_s + turn / per_s
                time.sleep(max(0.0, due_s - time.perf_counter()))
                client.ask(asks[turn])
                answers.append((asks[turn], time.perf_counter() - due_s))
        except BaseException:
            failed.set()
            raise
        return answers

    with ThreadPoolExecutor(clients) as pool:
        for working in [pool.submit(work) for _ in range(clients)]:
            seen.answers += working.result()
    return seen
