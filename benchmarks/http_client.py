"""A client that only sends: prepared requests over kept-alive sockets, so that the server is what is measured.

    python -m benchmarks.http_client HOST PORT PATH KEY FILE --events-each 500 --seconds 10 [--connections 8]
        [--events-per-s N]

FILE is NDJSON; bodies are JSON arrays of so many events, in turn. Prints one JSON object. Without a rate every
connection sends as soon as it is answered; with one, each request has a moment when it is due, and its time to an
answer counts from then: a server that stalls cannot hide it by keeping the client from asking.
"""

from __future__ import annotations

import argparse
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from benchmarks.events import messages

ANSWER_S = 60.0
_SHOWN_BYTES = 300


@dataclass
class Seen:
    """What one connection saw."""

    answers_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def bodies(path: Path, events_each: int) -> list[bytes]:
    """Arrays of events."""
    data = path.read_bytes()
    return [
        b"[" + bytes(part).rstrip(b"\n").replace(b"\n", b",") + b"]" for part in messages(data, events_each)
    ]


def requests(args: argparse.Namespace) -> list[bytes]:
    head = (
        f"POST {args.path} HTTP/1.1\r\nHost: {args.host}\r\nAuthorization: Bearer {args.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    )
    return [head.encode() + b"%d\r\n\r\n" % len(body) + body for body in bodies(args.file, args.events_each)]


def answered(connection: socket.socket) -> tuple[int, bytes]:
    """Status and beginning of one answer, read to its end."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _received(connection)
    head = data[:end].lower()
    at = head.find(b"content-length:")
    if at < 0:
        raise SystemExit(f"an answer without its length: {data[:_SHOWN_BYTES]!r}")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0])
    while len(data) < end + 4 + length:
        data += _received(connection)
    return int(data[9:12]), data[: end + 4 + _SHOWN_BYTES]


def _received(connection: socket.socket) -> bytes:
    got = connection.recv(65_536)
    if not got:
        raise ConnectionError("the server closed the connection")
    return got


def send(args: argparse.Namespace, sent: Iterator[bytes], seen: Seen, due_every_s: float) -> None:
    """One connection, until the time is over."""
    with socket.create_connection((args.host, args.port), timeout=ANSWER_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began_s = time.perf_counter()
        due_s = began_s
        while due_s - began_s < args.seconds:
            wait_s = due_s - time.perf_counter()
            if due_every_s and wait_s > 0:
                time.sleep(wait_s)
            start_s = due_s if due_every_s else time.perf_counter()
            connection.sendall(next(sent))
            status, content = answered(connection)
            now_s = time.perf_counter()
            seen.answers_s.append(now_s - start_s)
            if status not in {200, 202}:
                seen.faults.append(content.decode(errors="replace"))
            due_s = due_s + due_every_s if due_every_s else now_s


def quantile_ms(ascending: list[float], share: float) -> float:
    return round(ascending[min(len(ascending) - 1, int(share * len(ascending)))] * 1000, 3)


def main() -> None:
    """Send and print what came of it; fails on any answer but 200 and 202."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("key")
    parser.add_argument("file", type=Path)
    parser.add_argument("--events-each", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--events-per-s", type=float, default=0)
    args = parser.parse_args()
    made = requests(args)
    per_s = args.events_per_s / args.events_each / args.connections
    seen = [Seen() for _ in range(args.connections)]
    threads = [
        threading.Thread(
            target=send,
            args=[args, itertools.cycle(made[number:] + made[:number]), one, 1 / per_s if per_s else 0.0],
        )
        for number, one in enumerate(seen)
    ]
    began_s = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began_s
    faults = [fault for one in seen for fault in one.faults]
    if faults:
        raise SystemExit(f"{len(faults)} answers were not 200 or 202, such as: {faults[0]}")
    answers_s = sorted(answer_s for one in seen for answer_s in one.answers_s)
    print(
        orjson.dumps(
            {
                "requests": len(answers_s),
                "events": len(answers_s) * args.events_each,
                "seconds": round(seconds, 3),
                "p50_ms": quantile_ms(answers_s, 0.50),
                "p99_ms": quantile_ms(answers_s, 0.99),
            }
        ).decode()
    )


if __name__ == "__main__":
    main()
