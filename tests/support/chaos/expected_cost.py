"""What an event of the simulator must cost, worked out a second time: exact decimals instead of the core's integers.

In: the compiled book and an event as the client sent it. Out: pico-USD by cost column. Only plain prices by the
million tokens are understood; a model that has anything else in the way raises.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

import orjson

from ingest.simulator.client_ledger import MODELS, SentEvent
from rust_core import PriceBook

_PICO_PER_MTOK = 1_000_000  # $1 a million tokens is a million pico-USD a token


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """Dollars a million tokens; all zero where the model has no price."""

    input_mtok: Decimal = Decimal(0)
    cache_read_mtok: Decimal = Decimal(0)
    output_mtok: Decimal = Decimal(0)


def expected_cost(book: PriceBook, event: SentEvent) -> tuple[int, int, int]:
    """(input, cache read, output) in pico-USD; reasoning is output."""
    prices = _prices(book, event.model, event.time_us)
    output_tokens = event.output_tokens + event.output_reasoning_tokens
    return (
        _pico_usd(prices.input_mtok, event.input_tokens),
        _pico_usd(prices.cache_read_mtok, event.cache_read_tokens),
        _pico_usd(prices.output_mtok, output_tokens),
    )


@cache
def _cards(book: PriceBook) -> dict[int, dict[str, object]]:
    return {card[0]: orjson.loads(card[4]) for card in book.cards()}


def _prices(book: PriceBook, model: int, time_us: int) -> ModelPrices:
    """Of the very moment: some prices change with the time of day."""
    found = book.find(*MODELS[model], "", time_us)
    return ModelPrices() if found is None else _of_card(book, found[2])


@cache
def _of_card(book: PriceBook, price_id: int) -> ModelPrices:
    card = _cards(book)[price_id]
    return ModelPrices(*(_base(card[name]) for name in ModelPrices.__slots__))


def _base(price: object) -> Decimal:
    """The price of a short request: tiers begin far above what the simulator draws."""
    if isinstance(price, dict):
        if any(start < 100_000 for start, _ in price["tiers"]):
            raise ValueError(f"the simulator would reach a tier of {price}")
        return Decimal(price["base"])
    return Decimal(str(price))


def _pico_usd(mtok: Decimal, tokens: int) -> int:
    return int((mtok * _PICO_PER_MTOK * tokens).to_integral_value(ROUND_HALF_EVEN))
