-- Days of one tenant, from its hours, which the same transaction may just have written. Run as hub_maint by
-- closer/days.py.
-- `{{…}}` are lists of columns: storage/statements.py.

-- name: sum_day
COPY (
    SELECT
        tenant_id, date_bin('1 day', bucket, '2000-01-01 00:00:00+00'), series_id,
        {{sums}}
    FROM hub.usage_1h
    WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
    GROUP BY 1, 2, 3
) TO STDOUT (FORMAT binary)

-- name: delete_day
DELETE FROM hub.usage_1d WHERE tenant_id = %(tenant_id)s AND bucket = %(start)s

-- name: insert_day
COPY hub.usage_1d (tenant_id, bucket, series_id, {{measures}}) FROM STDIN (FORMAT binary)

-- name: sum_day_facets
-- A dimension that is missing in one hour is missing in the day.
COPY (
    SELECT
        tenant_id, dimension, date_bin('1 day', bucket, '2000-01-01 00:00:00+00'), value,
        {{sums}}
    FROM hub.usage_1h_facet f
    WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
      AND dimension = ANY (ARRAY[{{facets}}]) AND NOT EXISTS (
        SELECT FROM hub.rollup_facet_gaps g
        WHERE g.tenant_id = f.tenant_id AND g.dimension = f.dimension
          AND g.hour >= %(start)s AND g.hour < %(stop)s)
    GROUP BY 1, 2, 3, 4
) TO STDOUT (FORMAT binary)

-- name: delete_day_facets
DELETE FROM hub.usage_1d_facet
WHERE tenant_id = %(tenant_id)s AND bucket = %(start)s AND dimension = ANY (ARRAY[{{facets}}])

-- name: insert_day_facets
COPY hub.usage_1d_facet (tenant_id, dimension, bucket, value, {{measures}}) FROM STDIN (FORMAT binary)
