-- The statements of the closer, run as hub_maint by closer.py in one REPEATABLE READ transaction for each tenant. All of
-- them see one snapshot; a mark that arrives meanwhile belongs to the next round. Sums are int8 or numeric as the
-- columns are; sketches are joined end to end here and brought to canonical form by the core.

-- name: due_tenants
-- all tenants: the closer serves them all, the longest waiting first
SELECT tenant_id
FROM (
    SELECT tenant_id, hour AS since FROM hub.rollup_marks WHERE hour <= %(last_hour)s
    UNION ALL
    SELECT tenant_id, day FROM hub.rollup_day_marks WHERE day <= %(last_day)s
) AS due
GROUP BY tenant_id
ORDER BY min(since), tenant_id

-- name: lock_tenant
SELECT pg_try_advisory_xact_lock(%(lock_class)s, %(tenant_id)s)

-- name: due_hours
-- `late`: minutes of this hour were dropped, so what is left of them is added to the coarse row.
SELECT m.hour, count(*), m.hour < r.minutes_dropped_before AS late
FROM hub.rollup_marks m, hub.rollup_retention r
WHERE m.tenant_id = %(tenant_id)s AND m.hour <= %(last_hour)s
GROUP BY m.hour, late
ORDER BY m.hour
LIMIT %(hours_max)s

-- name: delete_marks
DELETE FROM hub.rollup_marks WHERE tenant_id = %(tenant_id)s AND hour = ANY (%(hours)s)

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

-- name: delete_late_minutes
DELETE FROM hub.usage_1m WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s

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

-- name: touched_days
-- A day is ready when it is over and none of its hours is still marked (the marks just taken are gone by now).
SELECT d.day,
       d.day <= %(last_day)s AND NOT EXISTS (
           SELECT FROM hub.rollup_marks m
           WHERE m.tenant_id = %(tenant_id)s AND m.hour >= d.day AND m.hour < d.day + INTERVAL '24 hours'
       ) AS ready
FROM (
    SELECT unnest(%(days)s::timestamptz[]) AS day
    UNION
    (SELECT day FROM hub.rollup_day_marks
     WHERE tenant_id = %(tenant_id)s AND day <= %(last_day)s ORDER BY day LIMIT %(days_max)s)
) AS d
ORDER BY d.day

-- name: mark_days
INSERT INTO hub.rollup_day_marks (tenant_id, day)
SELECT %(tenant_id)s, unnest(%(days)s::timestamptz[])
ON CONFLICT DO NOTHING

-- name: unmark_days
DELETE FROM hub.rollup_day_marks WHERE tenant_id = %(tenant_id)s AND day = ANY (%(days)s)

-- name: sum_day
-- From the hours of the day, which this transaction may just have written.
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

-- name: refresh_statistics
-- all tenants: statistics are of whole tables
SELECT hub.refresh_statistics()
