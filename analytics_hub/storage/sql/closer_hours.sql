-- Hours of one tenant: `usage_1h` and `usage_1m_total` from the minutes. Run as hub_maint by closer/hours.py inside
-- the transaction of a turn; all statements see its one snapshot. Sums are int8 or numeric as the columns are; sketches
-- are joined end to end here and brought to canonical form by the core.

-- name: sum_hours
COPY (
    SELECT
        tenant_id, date_bin('1 hour', bucket, '2000-01-01 00:00:00+00'), series_id,
        sum(events)::int8, sum(errors)::int8, sum(input_tokens)::int8, sum(cache_read_tokens)::int8,
        sum(cache_write_5m_tokens)::int8, sum(cache_write_1h_tokens)::int8, sum(input_audio_tokens)::int8,
        sum(input_image_tokens)::int8, sum(output_tokens)::int8, sum(output_reasoning_tokens)::int8,
        sum(output_audio_tokens)::int8, sum(web_searches)::int8, sum(cost_input_pico_usd),
        sum(cost_cache_read_pico_usd), sum(cost_cache_write_pico_usd), sum(cost_output_pico_usd),
        sum(cost_other_pico_usd), sum(provider_reported_cost_pico_usd), sum(unpriced_events)::int8,
        sum(partial_events)::int8, sum(estimated_events)::int8, sum(unpriced_tokens)::int8, sum(latency_us_sum),
        sum(latency_count)::int8, sum(ttft_us_sum), sum(ttft_count)::int8, string_agg(latency_sketch, ''::bytea),
        string_agg(ttft_sketch, ''::bytea)
    FROM hub.usage_1m
    WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
    GROUP BY 1, 2, 3
) TO STDOUT (FORMAT binary)

-- name: sum_late_hours
-- The minutes of these hours were dropped; what is left came late and is added to the row that the hour has.
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
        FROM hub.usage_1h
        WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
        UNION ALL
        SELECT
            tenant_id, date_bin('1 hour', bucket, '2000-01-01 00:00:00+00'), series_id, events, errors, input_tokens,
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

-- name: delete_hours
DELETE FROM hub.usage_1h WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s

-- name: insert_hours
COPY hub.usage_1h (
    tenant_id, bucket, series_id, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
    output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd, cost_cache_write_pico_usd,
    cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd, unpriced_events, partial_events,
    estimated_events, unpriced_tokens, latency_us_sum, latency_count, ttft_us_sum, ttft_count, latency_sketch,
    ttft_sketch
) FROM STDIN (FORMAT binary)

-- name: delete_late_minutes
DELETE FROM hub.usage_1m WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s

-- name: sum_minute_totals
COPY (
    SELECT
        tenant_id, bucket,
        sum(events)::int8, sum(errors)::int8, sum(input_tokens)::int8, sum(cache_read_tokens)::int8,
        sum(cache_write_5m_tokens)::int8, sum(cache_write_1h_tokens)::int8, sum(input_audio_tokens)::int8,
        sum(input_image_tokens)::int8, sum(output_tokens)::int8, sum(output_reasoning_tokens)::int8,
        sum(output_audio_tokens)::int8, sum(web_searches)::int8, sum(cost_input_pico_usd),
        sum(cost_cache_read_pico_usd), sum(cost_cache_write_pico_usd), sum(cost_output_pico_usd),
        sum(cost_other_pico_usd), sum(provider_reported_cost_pico_usd), sum(unpriced_events)::int8,
        sum(partial_events)::int8, sum(estimated_events)::int8, sum(unpriced_tokens)::int8, sum(latency_us_sum),
        sum(latency_count)::int8, sum(ttft_us_sum), sum(ttft_count)::int8, string_agg(latency_sketch, ''::bytea),
        string_agg(ttft_sketch, ''::bytea)
    FROM hub.usage_1m
    WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s
    GROUP BY 1, 2
) TO STDOUT (FORMAT binary)

-- name: delete_minute_totals
DELETE FROM hub.usage_1m_total WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s

-- name: insert_minute_totals
COPY hub.usage_1m_total (
    tenant_id, bucket, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
    input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens, output_audio_tokens, web_searches,
    cost_input_pico_usd, cost_cache_read_pico_usd, cost_cache_write_pico_usd, cost_output_pico_usd,
    cost_other_pico_usd, provider_reported_cost_pico_usd, unpriced_events, partial_events, estimated_events,
    unpriced_tokens, latency_us_sum, latency_count, ttft_us_sum, ttft_count, latency_sketch, ttft_sketch
) FROM STDIN (FORMAT binary)
