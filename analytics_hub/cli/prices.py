"""The price book in force, for processes that decode events.

In: an opened hub. Out: the compiled book, whose prices the database has: a price id must be readable as soon as an
event with it is stored. Where prices come from is `analytics_hub/pricing`.
"""

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.pricing.compile import installed_book_json, load_price_book
from analytics_hub.pricing.sync import price_rows
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.price_store import keep_prices
from rust_core import PriceBook

_NAME = "hub-prices"


def book_in_force(hub: OpenedHub) -> PriceBook:
    book = load_price_book()
    timeouts = Timeouts(connect_s=hub.settings.database.connect_timeout_s)
    with connect(hub.dsn("hub_maint"), _NAME, timeouts) as conn:
        keep_prices(conn, book.version, "genai-prices", lambda: price_rows(installed_book_json()))
    return book
