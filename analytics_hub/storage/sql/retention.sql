-- The statements of retention, run as hub_maint by retention.py, each in a transaction of its own. What drops and compacts
-- are functions of the owner (migrations/0013_retention.sql).

-- name: state
-- all tenants: levels are dropped for everybody at once
-- -infinity has no counterpart in Python; no event is older than 2000.
SELECT greatest(r.events_dropped_before, '1970-01-01 00:00:00+00'),
       greatest(r.minutes_dropped_before, '1970-01-01 00:00:00+00'),
       greatest(r.hours_dropped_before, '1970-01-01 00:00:00+00'),
       least((SELECT min(hour) FROM hub.rollup_marks), (SELECT min(day) FROM hub.rollup_day_marks)),
       (SELECT max(late_horizon) FROM hub.tenants),
       hub.engine() = 'plain'
  FROM hub.rollup_retention r

-- name: parts
-- all tenants: a day's partition is shared
SELECT part::text, ends FROM hub.parts_before(%(table)s, %(before)s) ORDER BY ends, part::text

-- name: has_hours_before
-- all tenants: levels are dropped for everybody at once
-- One look into the key for each tenant, not a reading of the whole table.
SELECT EXISTS (
    SELECT FROM hub.tenants t
     CROSS JOIN LATERAL (
        SELECT FROM hub.usage_1h h WHERE h.tenant_id = t.tenant_id AND h.bucket < %(before)s LIMIT 1
     ) AS old)

-- name: drop_before
-- all tenants: a day's partition is shared
SELECT hub.drop_before(%(level)s, %(before)s)

-- name: loose_chunks
-- all tenants: a chunk is shared
SELECT chunk::text FROM hub.loose_chunks(%(bytes_min)s)

-- name: compact_chunk
-- all tenants: a chunk is shared
SELECT hub.compact_chunk(%(chunk)s::regclass)

-- name: delete_dead_letters
-- all tenants: letters are kept for one time
-- By the index of a tenant's page, oldest first.
DELETE FROM hub.dead_letters
 WHERE dead_letter_id = ANY (ARRAY(
    SELECT old.dead_letter_id
      FROM hub.tenants t
     CROSS JOIN LATERAL (
        SELECT d.dead_letter_id
          FROM hub.dead_letters d
         WHERE d.tenant_id = t.tenant_id AND d.received_at < %(before)s
         ORDER BY d.received_at
         LIMIT %(rows_max)s
     ) AS old
     LIMIT %(rows_max)s))

-- name: delete_dead_letter_replays
-- all tenants: the book of a letter goes with it
DELETE FROM hub.dead_letter_replays
 WHERE replay_id = ANY (ARRAY(
    SELECT r.replay_id
      FROM hub.dead_letter_replays r
     WHERE r.replayed_at < %(before)s
       AND NOT EXISTS (
        SELECT FROM hub.dead_letters d WHERE d.dead_letter_id = r.dead_letter_id)
     LIMIT %(rows_max)s))

-- name: delete_dead_letter_volume
-- all tenants: letters are kept for one time
DELETE FROM hub.dead_letter_volume
 WHERE (tenant_id, day) IN (
    SELECT tenant_id, day FROM hub.dead_letter_volume
     WHERE day < (%(before)s AT TIME ZONE 'UTC')::date LIMIT %(rows_max)s)

-- name: delete_unattributed_messages
-- all tenants: they belong to none
DELETE FROM hub.unattributed_messages
 WHERE (partition_key, message_offset) IN (
    SELECT partition_key, message_offset FROM hub.unattributed_messages
     WHERE kept_at < %(before)s LIMIT %(rows_max)s)
