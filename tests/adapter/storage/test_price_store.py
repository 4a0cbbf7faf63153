"""What a price id on an event stands for can be read, whichever book brought it."""

from datetime import date

from analytics_hub.domain.price import PriceRow
from analytics_hub.pricing.compile import installed_book_json, load_price_book
from analytics_hub.pricing.sync import price_rows
from analytics_hub.storage.price_store import keep_prices
from tests.support.database import Database


def row(price_id: int, version: str, usd: str) -> PriceRow:
    return PriceRow(price_id, version, "openai", "gpt-4o", date(2026, 10, 14), f'{{"input_mtok": "{usd}"}}')


def kept(db: Database) -> list[tuple[int, str, str]]:
    with db.connect("hub_writer") as conn:
        found = conn.execute(
            "SELECT price_id, book_version, prices ->> 'input_mtok' FROM hub.prices ORDER BY 1"
        )
        return [tuple(one) for one in found]


def test_every_card_of_the_installed_book_is_kept_once(db: Database) -> None:
    version = load_price_book().version
    rows = price_rows(installed_book_json())
    with db.connect("hub_maint") as conn:
        assert keep_prices(conn, version, "genai-prices", lambda: rows) == len(rows) > 2000
        assert keep_prices(conn, version, "genai-prices", lambda: rows) == 0
    assert len(kept(db)) == len(rows)


def test_a_later_book_adds_its_new_cards_and_leaves_the_old_ones(db: Database) -> None:
    with db.connect("hub_maint") as conn:
        keep_prices(conn, "one", "test", lambda: [row(-5, "one", "1"), row(7, "one", "2")])
        keep_prices(conn, "two", "test", lambda: [row(7, "two", "2"), row(9, "two", "3")])
    assert kept(db) == [(-5, "one", "1"), (7, "one", "2"), (9, "two", "3")]


def test_a_known_book_is_not_read_again(db: Database) -> None:
    with db.connect("hub_maint") as conn:
        keep_prices(conn, "one", "test", lambda: [row(1, "one", "1")])

        def never() -> list[PriceRow]:
            raise AssertionError("the rows of a known book are not needed")

        assert keep_prices(conn, "one", "test", never) == 0
