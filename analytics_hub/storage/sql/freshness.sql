-- What the data of a tenant is made of at a moment, as hub_reader through the barrier views.

-- name: freshness
-- One row. The newest flush is looked for in ever wider ranges, because no ORDER BY … LIMIT and no max() by an index
-- passes a barrier: COALESCE stops at the first range that holds one. Then the flushes that began in the window before it.
WITH newest AS MATERIALIZED (
    SELECT COALESCE(
        (SELECT max(flushed_at) FROM hub_read.ingest_ledger
          WHERE tenant_id = %(tenant_id)s::int4 AND flushed_at > transaction_timestamp() - interval '5 minutes'),
        (SELECT max(flushed_at) FROM hub_read.ingest_ledger
          WHERE tenant_id = %(tenant_id)s::int4 AND flushed_at > transaction_timestamp() - interval '1 hour'),
        (SELECT max(flushed_at) FROM hub_read.ingest_ledger
          WHERE tenant_id = %(tenant_id)s::int4 AND flushed_at > transaction_timestamp() - interval '12 hours'),
        (SELECT max(flushed_at) FROM hub_read.ingest_ledger
          WHERE tenant_id = %(tenant_id)s::int4 AND flushed_at > transaction_timestamp() - interval '7 days'),
        (SELECT max(flushed_at) FROM hub_read.ingest_ledger WHERE tenant_id = %(tenant_id)s::int4)) AS flushed_at
)
SELECT transaction_timestamp(), newest.flushed_at,
       (SELECT count(*) FROM hub_read.ingest_ledger
         WHERE tenant_id = %(tenant_id)s::int4
           AND flushed_at > (SELECT flushed_at FROM newest) - %(window)s::interval),
       (SELECT declared_tags FROM hub_read.tenants WHERE tenant_id = %(tenant_id)s::int4),
       kept.minutes_dropped_before, kept.hours_dropped_before, kept.events_dropped_before
  FROM newest CROSS JOIN hub_read.rollup_retention AS kept
