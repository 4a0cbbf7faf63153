-- Dead letters, read as hub_reader through the barrier views by dead_letter_store.py; replays written as hub_writer.

-- name: page_keys
-- One time window of a page. Keys only: the payloads of rows that do not make it into the page stay in their TOAST table.
SELECT dead_letter_id
  FROM hub_read.dead_letters
 WHERE tenant_id = %(tenant_id)s::int4
   AND received_at >= %(start)s::timestamptz AND received_at <= %(before_at)s::timestamptz
   AND (received_at, dead_letter_id) < (%(before_at)s::timestamptz, %(before_id)s::int8)
   AND (%(codes)s::text[] IS NULL OR code = ANY (%(codes)s::text[]))
   AND (%(origins)s::text[] IS NULL OR origin = ANY (%(origins)s::text[]))
 ORDER BY received_at DESC, dead_letter_id DESC
 LIMIT %(limit)s

-- name: letters
SELECT dead_letter_id, received_at, flush_id, origin, position, at_byte, code, field, message,
       substring(payload FROM 1 FOR %(payload_bytes_max)s), length(payload), payload_truncated
  FROM hub_read.dead_letters
 WHERE tenant_id = %(tenant_id)s::int4 AND dead_letter_id = ANY (%(ids)s::int8[])
 ORDER BY received_at DESC, dead_letter_id DESC

-- name: last_replays
SELECT DISTINCT ON (dead_letter_id) dead_letter_id, replayed_at, outcome, code
  FROM hub_read.dead_letter_replays
 WHERE tenant_id = %(tenant_id)s::int4 AND dead_letter_id = ANY (%(ids)s::int8[])
 ORDER BY dead_letter_id, replay_id DESC

-- name: add_replays
INSERT INTO hub.dead_letter_replays (tenant_id, dead_letter_id, outcome, code)
SELECT %(tenant_id)s::int4, r.dead_letter_id, r.outcome, r.code
  FROM unnest(%(ids)s::int8[], %(outcomes)s::text[], %(codes)s::text[]) AS r (dead_letter_id, outcome, code)
