-- Hours of one tenant: `usage_1h` and `usage_1m_total` from the minutes. Run as hub_maint by closer/hours.py inside
-- the transaction of a turn; all statements see its one snapshot. Sums are int8 or numeric as the columns are; sketches
-- are joined end to end here and brought to canonical form by the core.
-- `{{…}}` are lists of columns: storage/statements.py.

-- name: sum_hours
COPY (
    SELECT
        tenant_id, date_bin('1 hour', bucket, '2000-01-01 00:00:00+00'), series_id,
        {{sums}}
    FROM hub.usage_1m
    WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
    GROUP BY 1, 2, 3
) TO STDOUT (FORMAT binary)

-- name: sum_late_hours
-- The minutes of these hours were dropped; what is left came late and is added to the row that the hour has.
COPY (
    SELECT
        tenant_id, bucket, series_id,
        {{sums}}
    FROM (
        SELECT tenant_id, bucket, series_id, {{measures}}
        FROM hub.usage_1h
        WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
        UNION ALL
        SELECT
            tenant_id, date_bin('1 hour', bucket, '2000-01-01 00:00:00+00'), series_id, {{measures}}
        FROM hub.usage_1m
        WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
    ) AS parts
    GROUP BY 1, 2, 3
) TO STDOUT (FORMAT binary)

-- name: delete_hours
DELETE FROM hub.usage_1h WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s

-- name: insert_hours
COPY hub.usage_1h (tenant_id, bucket, series_id, {{measures}}) FROM STDIN (FORMAT binary)

-- name: delete_late_minutes
DELETE FROM hub.usage_1m WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s

-- name: sum_minute_totals
COPY (
    SELECT
        tenant_id, bucket,
        {{sums}}
    FROM hub.usage_1m
    WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
    GROUP BY 1, 2
) TO STDOUT (FORMAT binary)

-- name: delete_minute_totals
DELETE FROM hub.usage_1m_total WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s

-- name: insert_minute_totals
COPY hub.usage_1m_total (tenant_id, bucket, {{measures}}) FROM STDIN (FORMAT binary)
