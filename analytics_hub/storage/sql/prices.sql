-- Price books and their cards, kept for ever: an event's price_id must stay readable. Written as hub_maint.

-- name: has_book
-- all tenants: list prices are everybody's
SELECT EXISTS (SELECT FROM hub.price_books WHERE version = %(version)s)

-- name: add_book
-- all tenants: list prices are everybody's
INSERT INTO hub.price_books (version, source) VALUES (%(version)s, %(source)s) ON CONFLICT (version) DO NOTHING

-- name: add_prices
-- all tenants: list prices are everybody's; sorted, so that two writers cannot deadlock
INSERT INTO hub.prices (price_id, book_version, provider, model, valid_from, prices)
SELECT price_id, %(version)s, provider, model, valid_from, prices::jsonb
  FROM unnest(%(price_ids)s::int8[], %(providers)s::text[], %(models)s::text[], %(valid_from)s::date[],
              %(prices)s::text[]) AS card (price_id, provider, model, valid_from, prices)
 ORDER BY price_id
    ON CONFLICT (price_id) DO NOTHING
