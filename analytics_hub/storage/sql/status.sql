-- What an operator sees of all tenants together, run as hub_maint by status_store.py. Cheap enough for every second: the
-- ledger is read by the moment of its flush, which is indexed.

-- name: flow
-- all tenants: the operator's board; no tenant is named
SELECT now(), (SELECT max(flushed_at) FROM hub.ingest_ledger WHERE tenant_id IS NOT NULL),
       coalesce(sum(received) FILTER (WHERE fresh), 0)::int8, coalesce(sum(stored) FILTER (WHERE fresh), 0)::int8,
       coalesce(sum(duplicate) FILTER (WHERE fresh), 0)::int8, coalesce(sum(rejected) FILTER (WHERE fresh), 0)::int8,
       coalesce(sum(received), 0)::int8, coalesce(sum(stored), 0)::int8,
       coalesce(sum(duplicate), 0)::int8, coalesce(sum(rejected), 0)::int8,
       count(*) FILTER (WHERE received <> stored + duplicate + rejected)
  FROM (
    SELECT received, stored, duplicate, rejected, flushed_at > now() - INTERVAL '1 minute' AS fresh
      FROM hub.ingest_ledger
     WHERE flushed_at > now() - INTERVAL '1 hour'
  ) AS recent

-- name: marks
-- all tenants: the operator's board
SELECT count(*), min(hour)
  FROM (SELECT DISTINCT tenant_id, hour FROM hub.rollup_marks WHERE hour < date_trunc('hour', now(), 'UTC')) AS due

-- name: letters
-- all tenants: the operator's board
SELECT coalesce(sum(letters), 0)::int8, coalesce(sum(payload_bytes), 0)::int8, coalesce(sum(counted_only), 0)::int8
  FROM hub.dead_letter_volume
 WHERE day = (now() AT TIME ZONE 'UTC')::date

-- name: partitions
-- all tenants: a partition may carry several
SELECT partition_key, next_offset, epoch, updated_at FROM hub.ingest_offsets ORDER BY partition_key
