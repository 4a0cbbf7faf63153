"""Events, batches and sinks for tests of the pipeline.

In: a few words about an event. Out: its JSON, prepared batches of it, and the totals that a sink holds
afterwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from analytics_hub.domain.clock import FixedClock, unix_us
from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import FlushSettings, default_settings
from analytics_hub.storage.connections import connect
from ingest.decode import Decoder, PreparedBatch
from ingest.failpoint import Failpoints
from ingest.flush import PostgresSink
from ingest.memory import MemorySink
from ingest.ports import EventSink
from rust_core import Message, TenantRules
from tests.support.database import Database

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
SETTINGS = default_settings()
Totals = dict[str, int]

_SUMS = [
    "events",
    "errors",
    "input_tokens",
    "output_tokens",
    "cost_input_pico_usd",
    "cost_output_pico_usd",
    "cost_other_pico_usd",
    "unpriced_events",
]


def event(number: int, **members: Any) -> bytes:
    """The event with this number: a minute later than the one before, with tokens of its own."""
    minute, hour = number % 60, 6 + (number // 60) % 6
    return orjson.dumps(
        {
            "id": f"event-{number}",
            "source": "test",
            "time": f"2026-11-05T{hour:02}:{minute:02}:00Z",
            "provider": "openai",
            "model": "gpt-4o",
            "project": f"project-{number % 3}",
            "usage": {"input_tokens": 100 + number, "output_tokens": 10 + number},
            "latency_ms": 5 + number,
        }
        | members
    )


def events(numbers: Iterable[int]) -> list[bytes]:
    return [event(number) for number in numbers]


def prepared(lines: Sequence[bytes], tenant_id: int = 1, *, any_age: bool = False) -> PreparedBatch:
    """The lines as one batch, decoded and priced as in production."""
    rules = TenantRules(tenant_id, "acme", None if any_age else 7 * 86_400 * 1_000_000, ())
    message = Message(rules, unix_us(NOW), b"\n".join(lines), format="ndjson", origin="test", base_position=1)
    return decoder().decode([message])


def decoder() -> Decoder:
    return Decoder(SETTINGS.decode, load_price_book(), SETTINGS.ingest.dead_letter_bytes_per_flush_max)


class Stored(Protocol):
    """A sink with a look behind it."""

    tenant_id: int

    @property
    def sink(self) -> EventSink: ...

    def another(self) -> EventSink:
        """A second writer to the same store."""
        ...

    def refuse_user(self, user: str) -> None:
        """From now on the store refuses events of this user for what is in them."""
        ...

    def totals(self) -> Totals: ...

    def ledger(self) -> LedgerCount: ...

    def dead_letters(self) -> list[tuple[str, int]]:
        """(code, position), in order."""
        ...


@dataclass
class MemoryStored:
    """The twin."""

    sink: MemorySink
    tenant_id: int = 1

    def another(self) -> EventSink:
        return self.sink

    def refuse_user(self, user: str) -> None:
        self.sink.refused_users.add(user)

    def totals(self) -> Totals:
        totals = self.sink.totals()
        return {name: totals.get(name, 0) for name in _SUMS}

    def ledger(self) -> LedgerCount:
        return self.sink.ledger

    def dead_letters(self) -> list[tuple[str, int]]:
        return [(reject.code, reject.position) for reject in self.sink.dead_letters]


class PostgresStored:
    """The real one."""

    def __init__(self, db: Database, slug: str = "acme") -> None:
        self._db = db
        self.tenant_id = db.add_tenant(slug)
        self._open: list[PostgresSink] = []
        self.sink = self.another()

    def another(
        self, failpoints: Failpoints | None = None, flush: FlushSettings = SETTINGS.flush
    ) -> PostgresSink:
        sink = PostgresSink(
            lambda: connect(self._db.writer_dsn, "test"), flush, _monotonic(), failpoints=failpoints
        )
        self._open.append(sink)
        return sink

    def close(self) -> None:
        for sink in self._open:
            sink.close()

    def refuse_user(self, user: str) -> None:
        with self._db.connect("hub_owner") as conn:
            conn.execute(
                f"ALTER TABLE hub.usage_events ADD CONSTRAINT no_{user} CHECK (user_id <> '{user}') NOT VALID"
            )

    def totals(self) -> Totals:
        return self._sums("usage_1m")

    def raw_totals(self) -> Totals:
        """The same from the events themselves, where they tell it."""
        row = self._row(
            "SELECT count(*), sum(input_tokens), sum(output_tokens) FROM hub.usage_events WHERE tenant_id = %s"
        )
        return dict(zip(("events", "input_tokens", "output_tokens"), map(_count, row), strict=True))

    def ledger(self) -> LedgerCount:
        row = self._row(
            "SELECT sum(received), sum(stored), sum(duplicate), sum(rejected) FROM hub.ingest_ledger"
            " WHERE tenant_id = %s"
        )
        return LedgerCount(*map(_count, row))

    def dead_letters(self) -> list[tuple[str, int]]:
        with self._db.connect("hub_maint") as conn:
            found = conn.execute(
                "SELECT code, position FROM hub.dead_letters WHERE tenant_id = %s ORDER BY dead_letter_id",
                [self.tenant_id],
            )
            return list(found)

    def _sums(self, table: str) -> Totals:
        row = self._row(
            f"SELECT {', '.join(f'sum({name})' for name in _SUMS)} FROM hub.{table} WHERE tenant_id = %s"
        )
        return dict(zip(_SUMS, map(_count, row), strict=True))

    def _row(self, statement: str) -> tuple[Any, ...]:
        with self._db.connect("hub_maint") as conn:
            row = conn.execute(statement.encode(), [self.tenant_id]).fetchone()
        assert row is not None
        return tuple(row)


def _count(value: Any) -> int:
    return int(value or 0)


def _monotonic() -> FixedClock:
    # The deadline of a flush never passes in a test that does not ask for it.
    return FixedClock(NOW)
