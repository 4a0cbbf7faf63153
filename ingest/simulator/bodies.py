"""Writes bodies of events as a tenant's SDK would: NDJSON, with resends and broken events mixed in.

In: a seed, the number of tenants, sizes and shares. Out: `Body`, bytes to send with what they must become.
Everything but the moment of an event follows from the seed. Pacing and sending is `run.py`; the numbers behind
the draws are `traffic.py`.
"""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from ingest.simulator.client_ledger import MODELS, STORED, SentEvent
from ingest.simulator.traffic import WORKLOADS, Workload, burst_factors, draws, tenant_weights

_TABLE_BITS: Final = 12
_AGE_US_MAX: Final = 2_000_000  # an SDK gathers for about two seconds before it sends
_OLD_US: Final = 40 * 86_400_000_000  # beyond any sensible late horizon
_CACHED_SHARE_BITS: Final = 3

BROKEN_CODES: Final = ("negative", "too_old", "missing_model", "unknown_status", "invalid_json")
"""The reject codes that broken events get, in turn."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What kind of load."""

    tenants: Sequence[str]
    """Slugs, the largest sender first."""
    batch_events: int = 100
    resend_share: float = 0.0
    broken_share: float = 0.0
    seed: int = 0
    steady: bool = False
    """No bursts: every tenant sends its average all the time."""


@dataclass(frozen=True, slots=True)
class Body:
    """One request's body."""

    tenant: str
    payload: bytes
    events: Sequence[SentEvent]


class _TenantSource:
    """The events of one tenant."""

    def __init__(self, number: int, slug: str, remembered: int) -> None:
        self.slug = slug
        self.number = number
        self.workload: Workload = WORKLOADS[number % len(WORKLOADS)]
        self.first_model = MODELS.index(self.workload.models[0])
        self.sent: deque[tuple[bytes, SentEvent]] = deque(maxlen=remembered)
        """What a resend is taken from."""


class Bodies:
    """An endless, seeded sequence of bodies."""

    def __init__(self, shape: Shape, run: str, remembered: int = 1000) -> None:
        self._shape = shape
        self._run = run
        """Begins every event id, so that two runs with one seed do not send each other's events."""
        self._random = random.Random(shape.seed)  # noqa: S311  must repeat for a seed
        self._sources = [_TenantSource(at, slug, remembered) for at, slug in enumerate(shape.tenants)]
        self._weights = tenant_weights(len(self._sources))
        self._tables = {
            workload.name: (draws(workload.input_tokens), draws(workload.output_tokens))
            for workload in WORKLOADS
        }
        self._count = 0
        self._broken = 0
        self._busy: Sequence[float] = self._weights
        self.next_window()

    def next_window(self) -> None:
        """Who is busy and who is quiet changes."""
        if not self._shape.steady:
            factors = burst_factors(self._random, len(self._weights))
            self._busy = [weight * factor for weight, factor in zip(self._weights, factors, strict=True)]

    def next_body(self, now_us: int) -> Body:
        """The next body; its events happened within the last two seconds before `now_us`."""
        source = self._random.choices(self._sources, self._busy)[0]
        lines, events = [], []
        for _ in range(self._shape.batch_events):
            line, event = self._next_event(source, now_us)
            lines.append(line)
            events.append(event)
        return Body(source.slug, b"\n".join(lines) + b"\n", events)

    def _next_event(self, source: _TenantSource, now_us: int) -> tuple[bytes, SentEvent]:
        share = self._random.random()
        if share < self._shape.resend_share and source.sent:
            return source.sent[self._random.randrange(len(source.sent))]
        broken = share >= 1.0 - self._shape.broken_share
        outcome = STORED
        if broken:
            outcome = BROKEN_CODES[self._broken % len(BROKEN_CODES)]
            self._broken += 1
        made = self._made(source, now_us, outcome)
        if not broken:
            source.sent.append(made)
        return made

    def _made(self, source: _TenantSource, now_us: int, outcome: str) -> tuple[bytes, SentEvent]:
        bits = self._random.getrandbits(_TABLE_BITS * 3 + 8)
        inputs, outputs = self._tables[source.workload.name]
        whole = inputs[bits & 4095]
        output = outputs[(bits >> 12) & 4095]
        cached = whole * ((bits >> 24) & 7) >> _CACHED_SHARE_BITS
        reasoning = int(output * source.workload.reasoning_share)
        model = source.first_model + (0, 0, 0, 0, 1, 1, 1, 2)[(bits >> 27) & 7]
        # To the millisecond, as SDKs stamp.
        time_us = (now_us - (bits >> 30) * _AGE_US_MAX // 16384) // 1000 * 1000
        self._count += 1
        event_id = f"{self._run}-{self._count:x}"
        if outcome == "too_old":
            time_us -= _OLD_US
        event = SentEvent(event_id, time_us, model, whole - cached, cached, output, reasoning, outcome)
        return _line(event, source.number, bits), event


def _line(event: SentEvent, tenant: int, bits: int) -> bytes:
    if event.outcome == "invalid_json":
        return f'{{"id":"{event.event_id}","source":'.encode()
    provider, model = MODELS[event.model]
    if event.outcome == "missing_model":
        model = ""
    status = "rate_limited" if bits & 63 == 0 else "ok"
    if event.outcome == "unknown_status":
        status = "no-such-status"
    seen = -1 if event.outcome == "negative" else event.input_tokens
    millis = event.time_us // 1000 % 1000
    return (
        f'{{"id":"{event.event_id}","source":"sdk-{tenant & 3}","time":"{_second(event.time_us // 1_000_000)}'
        f'.{millis:03}Z","provider":"{provider}","model":"{model}","operation":"chat",'
        f'"environment":"production","project":"project-{bits & 7}","status":"{status}",'
        f'"user":"user-{bits >> 7 & 1023}","session":"s-{bits:x}","region":"eu-central-1",'
        f'"usage":{{"input_tokens":{seen},"cache_read_tokens":{event.cache_read_tokens},'
        f'"output_tokens":{event.output_tokens},"output_reasoning_tokens":{event.output_reasoning_tokens}}},'
        f'"latency_ms":{200 + event.output_tokens * 9},"ttft_ms":{120 + (bits >> 9 & 255)}}}'
    ).encode()


@lru_cache(maxsize=16)
def _second(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")
