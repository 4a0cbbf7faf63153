-- The check of the ledger, run as hub_maint by ledger_check.py, tenant by tenant: a range of one tenant's hours is a range
-- of the primary key. Each statement is one snapshot, and a flush commits its events and its ledger row together: the
-- rules hold in every snapshot, in an hour that is not over, too.

-- name: tenants
-- all tenants: the check looks at every one
SELECT tenant_id FROM hub.tenants ORDER BY tenant_id

-- name: equation
SELECT hour, sum(received)::int8 AS received, sum(stored + duplicate + rejected)::int8 AS outcomes
  FROM hub.ingest_ledger
 WHERE tenant_id = %(tenant_id)s AND hour >= %(start)s AND hour < %(end)s
 GROUP BY hour
 ORDER BY hour

-- name: rows
-- The bounds on ts only say which partitions to look into; the rule is about the moment of receipt.
SELECT hour, coalesce(l.stored, 0) AS stored, coalesce(e.events, 0) + coalesce(r.events, 0) AS found
  FROM (
    SELECT hour, sum(stored)::int8 AS stored
      FROM hub.ingest_ledger
     WHERE tenant_id = %(tenant_id)s AND hour >= %(start)s AND hour < %(end)s
     GROUP BY hour
  ) AS l
  FULL JOIN (
    SELECT date_bin('1 hour', received_at, '2000-01-01 00:00:00+00') AS hour, count(*) AS events
      FROM hub.usage_events
     WHERE tenant_id = %(tenant_id)s AND ts >= %(ts_start)s AND ts < %(ts_end)s
       AND received_at >= %(start)s AND received_at < %(end)s
     GROUP BY 1
  ) AS e USING (hour)
  FULL JOIN (
    SELECT hour, sum(events)::int8 AS events
      FROM hub.ledger_removals
     WHERE tenant_id = %(tenant_id)s AND hour >= %(start)s AND hour < %(end)s
     GROUP BY hour
  ) AS r USING (hour)
 ORDER BY hour
