"""Keeps what price ids stand for: the cards of every book that ever priced an event here.

In: a connection of hub_maint in autocommit mode, a book's version and a way to its rows. Out: the rows are committed
when it returns, so no event can be stored before its price. A book that is known costs one look.
"""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from analytics_hub.domain.price import PriceRow
from analytics_hub.storage.statements import statements

_SQL = statements("prices")


def keep_prices(
    conn: psycopg.Connection[Any], version: str, source: str, rows: Callable[[], Sequence[PriceRow]]
) -> int:
    """Keep the cards of a book; returns how many were new. `source` says where the book came from."""
    if conn.execute(_SQL["has_book"], {"version": version}).fetchone() == (True,):
        return 0
    cards = rows()
    columns = {
        "version": version,
        "price_ids": [card.price_id for card in cards],
        "providers": [card.provider for card in cards],
        "models": [card.model for card in cards],
        "valid_from": [card.valid_from for card in cards],
        "prices": [card.prices_json for card in cards],
    }
    with conn.transaction():
        conn.execute(_SQL["add_book"], {"version": version, "source": source})
        return conn.execute(_SQL["add_prices"], columns).rowcount
