"""The client's own account: which events it sent, which were acknowledged, what must have become of each.

In: bodies with their answers. Out: a file of one JSON line a body, that an oracle reads after the load and
compares with the database. The line is written when the last try of a body has been answered or given up:
an event of a body without `acked` may be stored or not, but at most once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, NamedTuple

import orjson

from ingest.simulator.traffic import WORKLOADS

STORED: Final = "stored"
"""What is expected of a good event; of a broken one it is its reject code."""

MODELS: Final = tuple(pair for workload in WORKLOADS for pair in workload.models)
"""(provider, model) by the number that stands in the file."""


class SentEvent(NamedTuple):
    """One event as the client sent it."""

    event_id: str
    time_us: int
    model: int
    """Index into `MODELS`."""
    input_tokens: int
    cache_read_tokens: int
    output_tokens: int
    output_reasoning_tokens: int
    outcome: str
    """`stored`, or the reject code that it must get."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One body: its events and how it was answered."""

    tenant: str
    acked: bool
    ended_us: int
    """When the last answer came or the client gave up, unix microseconds."""
    attempts: int
    events: Sequence[SentEvent]


class ClientLedger:
    """Writes entries; several threads may. Lines reach the file at once, so a killed client loses none."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._lock = Lock()

    def write(self, entry: Entry) -> None:
        line = orjson.dumps(
            [entry.tenant, entry.acked, entry.ended_us, entry.attempts, list(map(list, entry.events))]
        )
        with self._lock:
            self._file.write(line + b"\n")
            self._file.flush()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> "ClientLedger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_ledger(path: Path) -> Iterator[Entry]:
    """The entries in the order in which the bodies ended. A last line that was cut off raises ValueError."""
    with path.open("rb") as lines:
        for line in lines:
            tenant, acked, ended_us, attempts, events = orjson.loads(line)
            yield Entry(tenant, acked, ended_us, attempts, [SentEvent(*event) for event in events])
