"""A price card as a row: what a price id on an event stands for.

Made by `analytics_hub/pricing/sync.py`, kept by `analytics_hub/storage/price_store.py`.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A row of `hub.prices`."""

    price_id: int
    book_version: str
    """The book that brought it first."""
    provider: str
    model: str
    valid_from: date | None
    """None: from the beginning."""
    prices_json: str
    """USD by price key, as JSON text for the `prices` column."""
