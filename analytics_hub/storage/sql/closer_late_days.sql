-- Days whose hours were dropped: what came late since is in `usage_1m` and is added straight to the day. Run as
-- hub_maint by closer/late_days.py, in this order; delete_late_minutes of closer_hours.sql then deletes the minutes.

-- name: insert_late_day_gaps
-- A day that has rows but no facet of a dimension cannot get one from what came late.
INSERT INTO hub.rollup_facet_gaps (tenant_id, dimension, hour)
SELECT %(tenant_id)s, f.dimension, %(start)s
FROM unnest(ARRAY[
        '', 'provider', 'provider_account', 'model', 'operation', 'service_tier', 'environment', 'project', 'status'
    ]) AS f (dimension)
WHERE EXISTS (SELECT FROM hub.usage_1d d WHERE d.tenant_id = %(tenant_id)s AND d.bucket = %(start)s)
  AND NOT EXISTS (
      SELECT FROM hub.usage_1d_facet d
      WHERE d.tenant_id = %(tenant_id)s AND d.dimension = f.dimension AND d.bucket = %(start)s)
ON CONFLICT DO NOTHING

-- name: sum_late_day_facets
COPY (
    SELECT
        tenant_id, dimension, bucket, value,
        sum(events)::int8, sum(errors)::int8, sum(input_tokens)::int8, sum(cache_read_tokens)::int8,
        sum(cache_write_5m_tokens)::int8, sum(cache_write_1h_tokens)::int8, sum(input_audio_tokens)::int8,
        sum(input_image_tokens)::int8, sum(output_tokens)::int8, sum(output_reasoning_tokens)::int8,
        sum(output_audio_tokens)::int8, sum(web_searches)::int8, sum(cost_input_pico_usd),
        sum(cost_cache_read_pico_usd), sum(cost_cache_write_pico_usd), sum(cost_output_pico_usd),
        sum(cost_other_pico_usd), sum(provider_reported_cost_pico_usd), sum(unpriced_events)::int8,
        sum(partial_events)::int8, sum(estimated_events)::int8, sum(unpriced_tokens)::int8, sum(latency_us_sum),
        sum(latency_count)::int8, sum(ttft_us_sum), sum(ttft_count)::int8, string_agg(latency_sketch, ''::bytea),
        string_agg(ttft_sketch, ''::bytea)
    FROM (
        SELECT
            tenant_id, dimension, bucket, value, events, errors, input_tokens, cache_read_tokens,
            cache_write_5m_tokens, cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens,
            output_reasoning_tokens, output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd,
            cost_cache_write_pico_usd, cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd,
            unpriced_events, partial_events, estimated_events, unpriced_tokens, latency_us_sum, latency_count,
            ttft_us_sum, ttft_count, latency_sketch, ttft_sketch
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
            sum(events)::int8 AS events, sum(errors)::int8 AS errors, sum(input_tokens)::int8 AS input_tokens,
            sum(cache_read_tokens)::int8 AS cache_read_tokens,
            sum(cache_write_5m_tokens)::int8 AS cache_write_5m_tokens,
            sum(cache_write_1h_tokens)::int8 AS cache_write_1h_tokens,
            sum(input_audio_tokens)::int8 AS input_audio_tokens, sum(input_image_tokens)::int8 AS input_image_tokens,
            sum(output_tokens)::int8 AS output_tokens, sum(output_reasoning_tokens)::int8 AS output_reasoning_tokens,
            sum(output_audio_tokens)::int8 AS output_audio_tokens, sum(web_searches)::int8 AS web_searches,
            sum(cost_input_pico_usd) AS cost_input_pico_usd,
            sum(cost_cache_read_pico_usd) AS cost_cache_read_pico_usd,
            sum(cost_cache_write_pico_usd) AS cost_cache_write_pico_usd,
            sum(cost_output_pico_usd) AS cost_output_pico_usd, sum(cost_other_pico_usd) AS cost_other_pico_usd,
            sum(provider_reported_cost_pico_usd) AS provider_reported_cost_pico_usd,
            sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events,
            sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens,
            sum(latency_us_sum) AS latency_us_sum, sum(latency_count)::int8 AS latency_count,
            sum(ttft_us_sum) AS ttft_us_sum, sum(ttft_count)::int8 AS ttft_count,
            string_agg(latency_sketch, ''::bytea) AS latency_sketch, string_agg(ttft_sketch, ''::bytea) AS ttft_sketch
        FROM (
            SELECT
                h.tenant_id, h.bucket, h.events, h.errors, h.input_tokens, h.cache_read_tokens,
                h.cache_write_5m_tokens, h.cache_write_1h_tokens, h.input_audio_tokens, h.input_image_tokens,
                h.output_tokens, h.output_reasoning_tokens, h.output_audio_tokens, h.web_searches,
                h.cost_input_pico_usd, h.cost_cache_read_pico_usd, h.cost_cache_write_pico_usd,
                h.cost_output_pico_usd, h.cost_other_pico_usd, h.provider_reported_cost_pico_usd, h.unpriced_events,
                h.partial_events, h.estimated_events, h.unpriced_tokens, h.latency_us_sum, h.latency_count,
                h.ttft_us_sum, h.ttft_count, h.latency_sketch, h.ttft_sketch,
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
        sum(events)::int8, sum(errors)::int8, sum(input_tokens)::int8, sum(cache_read_tokens)::int8,
        sum(cache_write_5m_tokens)::int8, sum(cache_write_1h_tokens)::int8, sum(input_audio_tokens)::int8,
        sum(input_image_tokens)::int8, sum(output_tokens)::int8, sum(output_reasoning_tokens)::int8,
        sum(output_audio_tokens)::int8, sum(web_searches)::int8, sum(cost_input_pico_usd),
        sum(cost_cache_read_pico_usd), sum(cost_cache_write_pico_usd), sum(cost_output_pico_usd),
        sum(cost_other_pico_usd), sum(provider_reported_cost_pico_usd), sum(unpriced_events)::int8,
        sum(partial_events)::int8, sum(estimated_events)::int8, sum(unpriced_tokens)::int8, sum(latency_us_sum),
        sum(latency_count)::int8, sum(ttft_us_sum), sum(ttft_count)::int8, string_agg(latency_sketch, ''::bytea),
        string_agg(ttft_sketch, ''::bytea)
    FROM (
        SELECT
            tenant_id, bucket, series_id, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens,
            cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
            output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd,
            cost_cache_write_pico_usd, cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd,
            unpriced_events, partial_events, estimated_events, unpriced_tokens, latency_us_sum, latency_count,
            ttft_us_sum, ttft_count, latency_sketch, ttft_sketch
        FROM hub.usage_1d
        WHERE tenant_id = %(tenant_id)s AND bucket = %(start)s
        UNION ALL
        SELECT
            tenant_id, date_bin('1 day', bucket, '2000-01-01 00:00:00+00'), series_id, events, errors, input_tokens,
            cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, input_audio_tokens, input_image_tokens,
            output_tokens, output_reasoning_tokens, output_audio_tokens, web_searches, cost_input_pico_usd,
            cost_cache_read_pico_usd, cost_cache_write_pico_usd, cost_output_pico_usd, cost_other_pico_usd,
            provider_reported_cost_pico_usd, unpriced_events, partial_events, estimated_events, unpriced_tokens,
            latency_us_sum, latency_count, ttft_us_sum, ttft_count, latency_sketch, ttft_sketch
        FROM hub.usage_1m
        WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
    ) AS parts
    GROUP BY 1, 2, 3
) TO STDOUT (FORMAT binary)
