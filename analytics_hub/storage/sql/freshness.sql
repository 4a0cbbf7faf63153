-- What the data of a tenant is made of at a moment, as hub_reader through the barrier views.

-- name: freshness
-- One row.
SELECT transaction_timestamp(), newest.began_at, newest.flushes,
       (SELECT declared_tags FROM hub_read.tenants WHERE tenant_id = %(tenant_id)s::int4),
       kept.minutes_dropped_before, kept.hours_dropped_before, kept.events_dropped_before
  FROM hub.newest_flush(%(window)s::interval) AS newest CROSS JOIN hub_read.rollup_retention AS kept
