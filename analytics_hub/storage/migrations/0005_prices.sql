-- depends: 0004_ingest_books
-- The price books that events were priced with, kept for ever: an event's price_id must stay readable.

CREATE TABLE hub.price_books (
    version text PRIMARY KEY,
    source text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now()
);

-- One card: the unit prices of a model from a date on. price_id is made by the core from the card's content, so the
-- same card has the same id in every book. valid_from NULL: from the beginning.
CREATE TABLE hub.prices (
    price_id int8 PRIMARY KEY,
    book_version text NOT NULL REFERENCES hub.price_books,
    provider text NOT NULL,
    model text NOT NULL,
    valid_from date,
    prices jsonb NOT NULL
);

GRANT SELECT ON hub.price_books, hub.prices TO hub_writer;
GRANT SELECT, INSERT, UPDATE ON hub.price_books, hub.prices TO hub_maint;
