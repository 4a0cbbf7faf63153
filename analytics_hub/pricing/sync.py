"""The compiled book as rows of `hub.prices`: what the price ids on events stand for.

In: the JSON of `compile`. Out: plain rows, sorted by price id; `storage/price_store.py` writes them. The same card has
the same id in every book, so rows that are there already stay as they are.
"""

from __future__ import annotations

from datetime import date

from analytics_hub.domain.price import PriceRow
from rust_core import PriceBook

_EPOCH = date(1970, 1, 1).toordinal()


def price_rows(book_json: bytes) -> list[PriceRow]:
    """Every card of the book once."""
    book = PriceBook.compile(book_json)
    return [
        PriceRow(price_id, book.version, provider, model, _date(day), prices)
        for price_id, provider, model, day, prices in book.cards()
    ]


def _date(day: int | None) -> date | None:
    return None if day is None else date.fromordinal(_EPOCH + day)
