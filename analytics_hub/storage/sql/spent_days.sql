-- Days whose sums hold more events than are stored, as hub_maint.

-- name: spent_days
-- Only behind the retention of events: elsewhere nothing is ever dropped, and nothing is counted.
SELECT sums.bucket
FROM (
    SELECT d.bucket, sum(d.events) AS events
    FROM hub.usage_1d d, hub.rollup_retention r
    WHERE d.tenant_id = %(tenant_id)s AND d.bucket < r.events_dropped_before
    GROUP BY d.bucket
) AS sums
CROSS JOIN LATERAL (
    SELECT count(*) AS events
    FROM hub.usage_events e
    WHERE e.tenant_id = %(tenant_id)s AND e.ts >= sums.bucket AND e.ts < sums.bucket + INTERVAL '24 hours'
) AS stored
WHERE sums.events > stored.events
ORDER BY sums.bucket
