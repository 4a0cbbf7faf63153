"""The book as data: its version, its cards, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pytest

from analytics_hub.pricing.compile import book_json, installed_book_json, load_price_book
from analytics_hub.pricing.source import installed_price_list
from analytics_hub.pricing.sync import price_rows
from rust_core import PriceBook, PriceBookError
from tests.unit.pricing.priced import Call, priced

TS_US = 1_795_000_000_000_000


def small_book(prices: dict[str, Any], **model: Any) -> bytes:
    """A book of one model, `m` of `p`, with the units of the installed list."""
    units = orjson.loads(installed_book_json())["units"]
    card = {"constraint": None, "prices": prices}
    only = {"id": "m", "match": {"equals": "m"}, "cards": [card], "variants": [], **model}
    provider = {"id": "p", "provider_match": None, "model_match": None, "fallback": [], "models": [only]}
    return orjson.dumps({"version": "test", "units": units, "providers": [provider]})


def test_the_same_list_gives_the_same_book_and_another_list_another_version() -> None:
    prices = installed_price_list()
    assert book_json(prices) == installed_book_json()
    assert PriceBook.compile(book_json(prices)).version == load_price_book().version
    fewer = type(prices)(prices.release, prices.providers[1:], prices.units)
    assert PriceBook.compile(book_json(fewer)).version != load_price_book().version


def test_price_ids_on_events_are_among_the_rows() -> None:
    rows = {row.price_id: row for row in price_rows(installed_book_json())}
    calls = [Call("openai", "gpt-4o", TS_US, {"input_tokens": 1}, tier) for tier in ("", "batch", "priority")]
    for said in priced([*calls, Call("azure", "gpt-4o", TS_US), Call("", "claude-sonnet-4-5", TS_US)]):
        assert said.price_id in rows


def test_rows_say_what_a_card_costs_and_since_when() -> None:
    rows = [
        row for row in price_rows(installed_book_json()) if (row.provider, row.model) == ("openai", "gpt-4o")
    ]
    assert {row.book_version for row in rows} == {load_price_book().version}
    assert {row.valid_from for row in rows} >= {None, date(2026, 10, 14)}
    assert {Decimal(orjson.loads(row.prices_json)["input_mtok"]) for row in rows} >= {
        Decimal("2.5"),
        Decimal("1.25"),
    }


def test_no_price_id_is_zero_or_given_twice() -> None:
    ids = [row.price_id for row in price_rows(installed_book_json())]
    assert 0 not in ids
    assert len(ids) == len(set(ids))


def test_ties_go_to_the_even_pico_usd_once_a_line() -> None:
    half_a_pico = {"input_mtok": "0.0000005", "cache_read_mtok": "0.0000005", "output_mtok": "0.0000005"}
    book = PriceBook.compile(small_book(half_a_pico))
    counts = [(1, 0), (3, 2), (5, 2), (7, 4)]
    calls = [Call("p", "m", TS_US, {"input_tokens": n, "output_tokens": n}) for n, _ in counts]
    assert [said.lines for said in priced(calls, book)] == [(pico, 0, 0, pico, 0) for _, pico in counts]
    # Visible and reasoning output share a line: 0.5 + 0.5 is one, not two zeros.
    (said,) = priced([Call("p", "m", TS_US, {"output_tokens": 1, "output_reasoning_tokens": 1})], book)
    assert said.lines == (0, 0, 0, 1, 0)


def test_a_tier_charges_the_whole_request_above_its_start() -> None:
    tiered = {"input_mtok": {"base": "1", "tiers": [[1000, "2"], [2000, "3"]]}, "output_mtok": "10"}
    book = PriceBook.compile(small_book(tiered))
    wanted = {1000: 1, 1001: 2, 2000: 2, 2001: 3}
    calls = [
        Call("p", "m", TS_US, {"input_tokens": 1, "cache_read_tokens": n - 1, "output_tokens": 1})
        for n in wanted
    ]
    for (total, usd), said in zip(wanted.items(), priced(calls, book), strict=True):
        assert sum(said.lines) == total * usd * 1_000_000 + 10_000_000


def test_the_last_card_in_force_counts_and_the_first_when_none_is() -> None:
    cards = [
        {"constraint": {"from_day": day}, "prices": {"input_mtok": usd}}
        for day, usd in ((20_000, "1"), (20_010, "2"))
    ]
    book = PriceBook.compile(small_book({}, cards=cards))
    edge_us = 20_010 * 86_400_000_000
    moments = [edge_us - 20 * 86_400_000_000, edge_us - 1, edge_us]
    said = priced([Call("p", "m", ts, {"input_tokens": 1}) for ts in moments], book)
    assert [one.lines[0] for one in said] == [1_000_000, 1_000_000, 2_000_000]


@pytest.mark.parametrize(
    ("prices", "fault"),
    [
        ({"input_mtok": "0.0000000000000000001"}, "not exact"),
        ({"input_mtok": "-1"}, "not a plain decimal"),
        ({"input_mtok": "1e3"}, "not a plain decimal"),
        ({"input_mtok": "1000000000"}, "above the bound"),
        ({"input_parsecs": "1"}, "unknown"),
        ({"input_mtok": {"base": "1", "tiers": [[2, "1"], [1, "1"]]}}, "ascend"),
    ],
)
def test_prices_that_cannot_be_charged_exactly_are_refused_by_name(
    prices: dict[str, Any], fault: str
) -> None:
    with pytest.raises(PriceBookError, match=f"provider p, model m: .*{fault}"):
        PriceBook.compile(small_book(prices))


@pytest.mark.parametrize("source", [b"", b"{}", b"[1]", b"\xff", small_book({}, match={"regex": "("})])
def test_what_is_no_book_is_refused(source: bytes) -> None:
    with pytest.raises(PriceBookError):
        PriceBook.compile(source)
