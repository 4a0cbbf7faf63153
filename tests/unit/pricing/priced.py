"""Events through the real core, priced by the installed list, and what came of them.

In: `Call`s. Out: for each, in the same order, its lines, status and price id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import polars as pl

from analytics_hub.pricing.compile import load_price_book
from rust_core import COST_COLUMNS, DELTA_COLUMNS, Batch, Limits, Message, PriceBook, TenantRules, decode

RECEIVED_US = 4_102_444_800_000_000
"""2100-01-01: every moment of the tests is in its past."""
COPY_HEADER_BYTES = 19
"""Signature, flags and length of the extension of a binary COPY."""


@dataclass(frozen=True)
class Call:
    """One event to price."""

    provider: str
    model: str
    ts_us: int
    counts: dict[str, int] = field(default_factory=dict)
    service_tier: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Priced:
    """What the core said."""

    lines: tuple[int, ...]
    status: int
    price_id: int


def batch_of(calls: Sequence[Call]) -> Batch:
    """The calls as a decoded batch."""
    body = b"\n".join(orjson.dumps(_event(number, call)) for number, call in enumerate(calls))
    tenant = TenantRules(1, "acme", None, ())
    return decode([Message(tenant, RECEIVED_US, body, format="ndjson")], Limits())


def priced(calls: Sequence[Call], book: PriceBook | None = None) -> list[Priced]:
    """Price all calls in one batch."""
    batch = batch_of(calls)
    batch.price(book or load_price_book())
    assert len(batch) == len(calls), [reject.code for reject in batch.rejects[:3]]
    frame = pl.DataFrame(batch).select("event_id", *COST_COLUMNS, "cost_status", "price_id")
    by_number = {int(row[0]): Priced(tuple(row[1:6]), row[6], row[7]) for row in frame.iter_rows()}
    return [by_number[number] for number in range(len(calls))]


def unpriced_tokens(call: Call) -> int:
    """How many tokens of one call have no price, as its delta will be stored."""
    batch = batch_of([call])
    batch.price(load_price_book())
    row = bytes(batch.rollup().copy())[COPY_HEADER_BYTES + 2 :]
    for column in DELTA_COLUMNS:
        length = int.from_bytes(row[:4])
        value, row = row[4 : 4 + length], row[4 + length :]
        if column == "unpriced_tokens":
            return int.from_bytes(value, signed=True)
    raise AssertionError("a delta has unpriced_tokens")


def _event(number: int, call: Call) -> dict[str, Any]:
    return {
        "id": str(number),
        "time_unix_us": call.ts_us,
        "provider": call.provider,
        "model": call.model,
        "service_tier": call.service_tier,
        "usage": call.counts,
        **call.extra,
    }
