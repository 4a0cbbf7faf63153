"""The events of the benchmarks are what they say: real ones, all accepted, all priced but the house's own model."""

from __future__ import annotations

import io
from itertools import pairwise

import polars as pl

from analytics_hub.pricing.compile import load_price_book
from benchmarks import events
from rust_core import Limits, Message, TenantRules, decode

RECEIVED_US = int(events.START.timestamp() * 1_000_000) + 3_600_000_000


def body(count: int, first: int = 0) -> bytes:
    out = io.BytesIO()
    events.frame(count, first=first).write_ndjson(out)
    return out.getvalue()


def test_every_event_is_accepted_and_priced_by_the_list() -> None:
    batch = decode([Message(TenantRules(1, "bench", None, ()), RECEIVED_US, body(2000))], Limits())
    batch.price(load_price_book())
    frame = pl.DataFrame(batch)
    unpriced = frame.filter(pl.col("cost_status") != 0)
    assert (len(batch), batch.rejects_total) == (2000, 0)
    assert set(unpriced["model"]) <= {"house-model-7b"}
    assert frame["model"].n_unique() > 20


def test_an_event_has_about_570_bytes() -> None:
    assert 550 < len(body(2000)) / 2000 < 590


def test_an_event_is_the_same_however_many_are_made() -> None:
    assert body(30, first=0)[: len(body(10))] == body(10)
    assert body(30) == body(10) + body(20, first=10)


def test_messages_are_whole_lines_of_the_body() -> None:
    data = body(1201)
    parts = events.messages(data)
    assert b"".join(parts) == data
    assert [bytes(part).count(b"\n") for part in parts] == [500, 500, 201]
    assert all(bytes(part).endswith(b"\n") for part, _ in pairwise(parts))
