-- Days whose hours were dropped: what came late since is in `usage_1m` and is added straight to the day. Run as
-- hub_maint by closer/late_days.py, in this order; delete_late_minutes of closer_hours.sql then deletes the minutes.
-- `{{…}}` are lists of columns: storage/statements.py.

-- name: insert_late_day_gaps
-- A day that has rows but no facet of a dimension cannot get one from what came late.
INSERT INTO hub.rollup_facet_gaps (tenant_id, dimension, hour)
SELECT %(tenant_id)s, f.dimension, %(start)s
FROM unnest(ARRAY[{{facets}}]) AS f (dimension)
WHERE EXISTS (SELECT FROM hub.usage_1d d WHERE d.tenant_id = %(tenant_id)s AND d.bucket = %(start)s)
  AND NOT EXISTS (
      SELECT FROM hub.usage_1d_facet d
      WHERE d.tenant_id = %(tenant_id)s AND d.dimension = f.dimension AND d.bucket = %(start)s)
ON CONFLICT DO NOTHING

-- name: sum_late_day_facets
COPY (
    SELECT
        tenant_id, dimension, bucket, value,
        {{sums}}
    FROM (
        SELECT tenant_id, dimension, bucket, value, {{measures}}
        FROM hub.usage_1d_facet
        WHERE tenant_id = %(tenant_id)s AND bucket = %(start)s
        UNION ALL
        SELECT
            tenant_id,
            CASE GROUPING (provider, provider_account, model, operation, service_tier, environment, project, status)
            WHEN 127 THEN 'provider' WHEN 191 THEN 'provider_account' WHEN 223 THEN 'model' WHEN 239 THEN 'operation'
            WHEN 247 THEN 'service_tier' WHEN 251 THEN 'environment' WHEN 253 THEN 'project' WHEN 254 THEN 'status'
            ELSE '' END AS dimension,
            date_bin('1 day', bucket, '2000-01-01 00:00:00+00') AS bucket,
            coalesce(
                provider, provider_account, model, operation, service_tier, environment, project, status, ''
            ) AS value,
            {{sums}}
        FROM (
            SELECT
                h.tenant_id, h.bucket, {{h.measures}},
                coalesce(s.provider, '') AS provider, coalesce(s.provider_account, '') AS provider_account,
                coalesce(s.model, '') AS model, coalesce(s.operation, '') AS operation,
                coalesce(s.service_tier, '') AS service_tier, coalesce(s.environment, '') AS environment,
                coalesce(s.project, '') AS project, coalesce(s.status, '') AS status
            FROM hub.usage_1m h LEFT JOIN hub.series s USING (tenant_id, series_id)
            WHERE h.tenant_id = %(tenant_id)s AND h.bucket >= %(start)s AND h.bucket < %(stop)s
        ) AS named
        GROUP BY tenant_id, date_bin('1 day', bucket, '2000-01-01 00:00:00+00'), GROUPING SETS (
            (), (provider), (provider_account), (model), (operation), (service_tier), (environment), (project),
            (status)
        )
    ) AS f
    WHERE NOT EXISTS (
        SELECT FROM hub.rollup_facet_gaps g
        WHERE g.tenant_id = f.tenant_id AND g.dimension = f.dimension
          AND g.hour >= %(start)s AND g.hour < %(stop)s)
    GROUP BY 1, 2, 3, 4
) TO STDOUT (FORMAT binary)

-- name: sum_late_day
COPY (
    SELECT
        tenant_id, bucket, series_id,
        {{sums}}
    FROM (
        SELECT tenant_id, bucket, series_id, {{measures}}
        FROM hub.usage_1d
        WHERE tenant_id = %(tenant_id)s AND bucket = %(start)s
        UNION ALL
        SELECT
            tenant_id, date_bin('1 day', bucket, '2000-01-01 00:00:00+00'), series_id, {{measures}}
        FROM hub.usage_1m
        WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
    ) AS parts
    GROUP BY 1, 2, 3
) TO STDOUT (FORMAT binary)
