-- Days of one tenant, from its hours, which the same transaction may just have written. Run as hub_maint by
-- closer/days.py.

-- name: sum_day
COPY (
    SELECT
        tenant_id, date_bin('1 day', bucket, '2000-01-01 00:00:00+00'), series_id,
        sum(events)::int8, sum(errors)::int8, sum(input_tokens)::int8, sum(cache_read_tokens)::int8,
        sum(cache_write_5m_tokens)::int8, sum(cache_write_1h_tokens)::int8, sum(input_audio_tokens)::int8,
        sum(input_image_tokens)::int8, sum(output_tokens)::int8, sum(output_reasoning_tokens)::int8,
        sum(output_audio_tokens)::int8, sum(web_searches)::int8, sum(cost_input_pico_usd),
        sum(cost_cache_read_pico_usd), sum(cost_cache_write_pico_usd), sum(cost_output_pico_usd),
        sum(cost_other_pico_usd), sum(provider_reported_cost_pico_usd), sum(unpriced_events)::int8,
        sum(partial_events)::int8, sum(estimated_events)::int8, sum(unpriced_tokens)::int8, sum(latency_us_sum),
        sum(latency_count)::int8, sum(ttft_us_sum), sum(ttft_count)::int8, string_agg(latency_sketch, ''::bytea),
        string_agg(ttft_sketch, ''::bytea)
    FROM hub.usage_1h
    WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
    GROUP BY 1, 2, 3
) TO STDOUT (FORMAT binary)

-- name: delete_day
DELETE FROM hub.usage_1d WHERE tenant_id = %(tenant_id)s AND bucket = %(start)s

-- name: insert_day
COPY hub.usage_1d (
    tenant_id, bucket, series_id, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
    output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd, cost_cache_write_pico_usd,
    cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd, unpriced_events, partial_events,
    estimated_events, unpriced_tokens, latency_us_sum, latency_count, ttft_us_sum, ttft_count, latency_sketch,
    ttft_sketch
) FROM STDIN (FORMAT binary)

-- name: sum_day_facets
-- A dimension that is missing in one hour is missing in the day.
COPY (
    SELECT
        tenant_id, dimension, date_bin('1 day', bucket, '2000-01-01 00:00:00+00'), value,
        sum(events)::int8, sum(errors)::int8, sum(input_tokens)::int8, sum(cache_read_tokens)::int8,
        sum(cache_write_5m_tokens)::int8, sum(cache_write_1h_tokens)::int8, sum(input_audio_tokens)::int8,
        sum(input_image_tokens)::int8, sum(output_tokens)::int8, sum(output_reasoning_tokens)::int8,
        sum(output_audio_tokens)::int8, sum(web_searches)::int8, sum(cost_input_pico_usd),
        sum(cost_cache_read_pico_usd), sum(cost_cache_write_pico_usd), sum(cost_output_pico_usd),
        sum(cost_other_pico_usd), sum(provider_reported_cost_pico_usd), sum(unpriced_events)::int8,
        sum(partial_events)::int8, sum(estimated_events)::int8, sum(unpriced_tokens)::int8, sum(latency_us_sum),
        sum(latency_count)::int8, sum(ttft_us_sum), sum(ttft_count)::int8, string_agg(latency_sketch, ''::bytea),
        string_agg(ttft_sketch, ''::bytea)
    FROM hub.usage_1h_facet f
    WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s AND dimension = ANY (ARRAY[
    '', 'provider', 'provider_account', 'model', 'operation', 'service_tier', 'environment', 'project', 'status'
])
      AND NOT EXISTS (
        SELECT FROM hub.rollup_facet_gaps g
        WHERE g.tenant_id = f.tenant_id AND g.dimension = f.dimension
          AND g.hour >= %(start)s AND g.hour < %(stop)s)
    GROUP BY 1, 2, 3, 4
) TO STDOUT (FORMAT binary)

-- name: delete_day_facets
DELETE FROM hub.usage_1d_facet
WHERE tenant_id = %(tenant_id)s AND bucket = %(start)s AND dimension = ANY (ARRAY[
    '', 'provider', 'provider_account', 'model', 'operation', 'service_tier', 'environment', 'project', 'status'
])

-- name: insert_day_facets
COPY hub.usage_1d_facet (
    tenant_id, dimension, bucket, value, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
    output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd, cost_cache_write_pico_usd,
    cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd, unpriced_events, partial_events,
    estimated_events, unpriced_tokens, latency_us_sum, latency_count, ttft_us_sum, ttft_count, latency_sketch,
    ttft_sketch
) FROM STDIN (FORMAT binary)
