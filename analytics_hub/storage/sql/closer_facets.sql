-- Facets of one tenant's hours, from the rows of `usage_1h` that the same transaction has just written, and the gaps
-- where a dimension has too many values to be worth one. Run as hub_maint by closer/facets.py. One pass over the hours
-- for all dimensions: grouping sets took a third to two thirds of the time that one row for each dimension took. A
-- series that is lost has the value ''.
-- `{{…}}` are lists of columns: storage/statements.py.

-- name: count_series
SELECT count(*) FROM hub.series WHERE tenant_id = %(tenant_id)s

-- name: wide_dimensions
-- Dimensions with so many values that an hour might have too many. One more is possible: that of a lost series.
SELECT dimension
FROM (
    SELECT DISTINCT d.dimension, d.value
    FROM hub.series s CROSS JOIN LATERAL (VALUES
        ('provider', s.provider), ('provider_account', s.provider_account), ('model', s.model),
        ('operation', s.operation), ('service_tier', s.service_tier), ('environment', s.environment),
        ('project', s.project), ('status', s.status)
    ) AS d (dimension, value)
    WHERE s.tenant_id = %(tenant_id)s
) AS known
GROUP BY dimension
HAVING count(*) >= %(values_max)s

-- name: delete_gaps
-- The dimensions are named so that the key finds the hours.
DELETE FROM hub.rollup_facet_gaps
WHERE tenant_id = %(tenant_id)s AND hour >= %(start)s AND hour < %(stop)s AND dimension = ANY (ARRAY[{{facets}}])

-- name: insert_gaps
INSERT INTO hub.rollup_facet_gaps (tenant_id, dimension, hour)
SELECT %(tenant_id)s, dimension, bucket
FROM (
    SELECT DISTINCT d.dimension, h.bucket, d.value
    FROM hub.usage_1h h
    LEFT JOIN hub.series s USING (tenant_id, series_id)
    CROSS JOIN LATERAL (VALUES
        ('provider', coalesce(s.provider, '')), ('provider_account', coalesce(s.provider_account, '')),
        ('model', coalesce(s.model, '')), ('operation', coalesce(s.operation, '')),
        ('service_tier', coalesce(s.service_tier, '')), ('environment', coalesce(s.environment, '')),
        ('project', coalesce(s.project, '')), ('status', coalesce(s.status, ''))
    ) AS d (dimension, value)
    WHERE h.tenant_id = %(tenant_id)s AND h.bucket >= %(start)s AND h.bucket < %(stop)s
      AND d.dimension = ANY (%(wide)s)
) AS found
GROUP BY dimension, bucket
HAVING count(*) > %(values_max)s

-- name: sum_hour_facets
COPY (
    SELECT f.*
    FROM (
        SELECT
            tenant_id,
            CASE GROUPING (provider, provider_account, model, operation, service_tier, environment, project, status)
            WHEN 127 THEN 'provider' WHEN 191 THEN 'provider_account' WHEN 223 THEN 'model' WHEN 239 THEN 'operation'
            WHEN 247 THEN 'service_tier' WHEN 251 THEN 'environment' WHEN 253 THEN 'project' WHEN 254 THEN 'status'
            ELSE '' END AS dimension,
            bucket,
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
            FROM hub.usage_1h h LEFT JOIN hub.series s USING (tenant_id, series_id)
            WHERE h.tenant_id = %(tenant_id)s AND h.bucket >= %(start)s AND h.bucket < %(stop)s
        ) AS named
        GROUP BY tenant_id, bucket, GROUPING SETS (
            (), (provider), (provider_account), (model), (operation), (service_tier), (environment), (project),
            (status)
        )
    ) AS f
    WHERE NOT EXISTS (
        SELECT FROM hub.rollup_facet_gaps g
        WHERE g.tenant_id = f.tenant_id AND g.dimension = f.dimension AND g.hour = f.bucket)
) TO STDOUT (FORMAT binary)

-- name: delete_hour_facets
DELETE FROM hub.usage_1h_facet
WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
  AND dimension = ANY (ARRAY[{{facets}}])

-- name: insert_hour_facets
COPY hub.usage_1h_facet (tenant_id, dimension, bucket, value, {{measures}}) FROM STDIN (FORMAT binary)
