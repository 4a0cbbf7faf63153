"""From the price list to the JSON that the core compiles, and the compiled book.

In: a `PriceList`. Out: `book_json` (bytes, the same for the same list), `load_price_book()` (cached).
Matching, validity and rounding happen in `rust_core/core/src/price`; here everything is only spelt out as data:
which price keys charge each of the nine token kinds follows from the list's own tree of units.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from typing import Any

import orjson
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from analytics_hub.pricing.source import PriceList, installed_price_list
from rust_core import TOKEN_COLUMNS, PriceBook

Json = dict[str, Any]

_EPOCH = date(1970, 1, 1).toordinal()
_CONTEXT_KEYS = frozenset({"service_tier", "processing"})
"""What an event says of its request; overrides that ask for more never apply."""


@cache
def load_price_book() -> PriceBook:
    """The installed price list, compiled."""
    return PriceBook.compile(installed_book_json())


@cache
def installed_book_json() -> bytes:
    """The installed price list as JSON."""
    return book_json(installed_price_list())


def book_json(prices: PriceList) -> bytes:
    """The list as JSON; its version names the release and the content, so an edited list never passes for it."""
    book = {
        "units": _units(prices.units),
        "providers": [_provider(provider) for provider in prices.providers],
    }
    content = blake2b(orjson.dumps(book, option=orjson.OPT_SORT_KEYS), digest_size=6).hexdigest()
    return orjson.dumps({"version": f"genai-prices-{prices.release}-{content}", **book})


def _units(units: Mapping[str, Mapping[str, Any]]) -> Json:
    """For each token column the price keys that charge it, most specific first: the unit itself, then its ancestors."""

    def chain(column: str) -> list[str]:
        dimensions = set(units[column]["dimensions"].items())
        above = [unit for unit in units.values() if set(unit["dimensions"].items()) <= dimensions]
        above.sort(key=lambda unit: -len(unit["dimensions"]))
        return [unit["price_key"] for unit in above]

    return {
        "kinds": {column: chain(column) for column in TOKEN_COLUMNS},
        "web_searches": chain("web_searches"),
        "requests": chain("requests"),
        "per": {unit["price_key"]: unit["per"] for unit in units.values()},
    }


def _provider(provider: Provider) -> Json:
    return {
        "id": provider.id,
        "provider_match": _clause(provider.provider_match) if provider.provider_match else None,
        "model_match": _clause(provider.model_match) if provider.model_match else None,
        "fallback": provider.fallback_model_providers or [],
        "models": [_model(model) for model in provider.models],
    }


def _model(model: ModelInfo) -> Json:
    cards = [ConditionalPrice(prices=model.prices)] if isinstance(model.prices, ModelPrice) else model.prices
    variants = [variant for variant in model.price_variants or () if _CONTEXT_KEYS.issuperset(variant.when)]
    return {
        "id": model.id,
        "match": _clause(model.match),
        "cards": [
            {"constraint": _constraint(card.constraint), "prices": _prices(card.prices)} for card in cards
        ],
        "variants": [
            {
                "when": variant.when,
                "constraint": _constraint(variant.constraint),
                "prices": _prices(variant.prices),
            }
            for variant in variants
        ],
    }


def _clause(clause: Any) -> Json:
    """A pattern of the list: one dataclass field, named as the kind of pattern (`or_` and `and_` hold patterns)."""
    (field,) = dataclasses.fields(clause)
    value = getattr(clause, field.name)
    if isinstance(value, str):
        return {field.name: value}
    return {field.name.removesuffix("_"): [_clause(part) for part in value]}


def _prices(prices: ModelPrice) -> Json:
    return {key: _price(value) for key, value in vars(prices).items() if value is not None}


def _price(value: Decimal | TieredPrices) -> str | Json:
    if isinstance(value, TieredPrices):
        return {
            "base": _plain(value.base),
            "tiers": [[tier.start, _plain(tier.price)] for tier in value.tiers],
        }
    return _plain(value)


def _plain(value: Decimal) -> str:
    """Digits without exponent and without zeros at the end: one spelling for each value."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _constraint(constraint: StartDateConstraint | TimeOfDateConstraint | None) -> Json | None:
    if constraint is None:
        return None
    if isinstance(constraint, StartDateConstraint):
        return {"from_day": constraint.start_date.toordinal() - _EPOCH}
    return {"daily_us": [_utc_us(constraint.start_time), _utc_us(constraint.end_time)]}


def _utc_us(moment: time) -> int:
    """Microseconds since 00:00 UTC; a time without a zone is UTC."""
    if moment.tzinfo is not None:
        moment = datetime.combine(date(1970, 1, 1), moment).astimezone(UTC).time()
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond
