-- Users of one tenant's days, from the raw events. Run as hub_maint by closer/users.py. All in the server: a day may
-- have more users than a client should hold. An event keeps no count of the tokens that a partial price left out, so
-- here `unpriced_tokens` are those of unpriced events alone; `partial_events` says how many others there are.

-- name: delete_user_day
DELETE FROM hub.usage_user_1d WHERE tenant_id = %(tenant_id)s AND bucket = %(start)s

-- name: insert_user_day
INSERT INTO hub.usage_user_1d (tenant_id, bucket, user_id, {{users}})
SELECT
    e.tenant_id, %(start)s, coalesce(e.user_id, ''),
    count(*), count(*) FILTER (WHERE s.status <> 'ok'), sum(e.input_tokens)::int8,
    coalesce(sum(e.cache_read_tokens), 0)::int8, coalesce(sum(e.cache_write_5m_tokens), 0)::int8,
    coalesce(sum(e.cache_write_1h_tokens), 0)::int8, coalesce(sum(e.input_audio_tokens), 0)::int8,
    coalesce(sum(e.input_image_tokens), 0)::int8, sum(e.output_tokens)::int8,
    coalesce(sum(e.output_reasoning_tokens), 0)::int8, coalesce(sum(e.output_audio_tokens), 0)::int8,
    coalesce(sum(e.web_searches), 0)::int8, sum(e.cost_input_pico_usd), coalesce(sum(e.cost_cache_read_pico_usd), 0),
    coalesce(sum(e.cost_cache_write_pico_usd), 0), sum(e.cost_output_pico_usd),
    coalesce(sum(e.cost_other_pico_usd), 0), coalesce(sum(e.cost_other_pico_usd) FILTER (WHERE e.cost_status = 3), 0),
    count(*) FILTER (WHERE e.cost_status = 2), count(*) FILTER (WHERE e.cost_status = 1),
    count(*) FILTER (WHERE e.cost_status = 4),
    coalesce(sum(
        e.input_tokens + coalesce(e.cache_read_tokens, 0) + coalesce(e.cache_write_5m_tokens, 0) +
        coalesce(e.cache_write_1h_tokens, 0) + coalesce(e.input_audio_tokens, 0) + coalesce(e.input_image_tokens, 0) +
        e.output_tokens + coalesce(e.output_reasoning_tokens, 0) + coalesce(e.output_audio_tokens, 0)
    ) FILTER (WHERE e.cost_status = 2), 0)::int8,
    coalesce(sum(e.latency_us), 0), count(e.latency_us), coalesce(sum(e.ttft_us), 0), count(e.ttft_us)
FROM hub.usage_events e LEFT JOIN hub.series s USING (tenant_id, series_id)
WHERE e.tenant_id = %(tenant_id)s AND e.ts >= %(start)s AND e.ts < %(stop)s
GROUP BY 1, 2, 3

-- name: add_user_day
-- The events of this day were dropped; those there are came late and are added.
WITH late AS MATERIALIZED (
    SELECT
        e.tenant_id, %(start)s::timestamptz AS bucket, coalesce(e.user_id, '') AS user_id,
        count(*) AS events, count(*) FILTER (WHERE s.status <> 'ok') AS errors,
        sum(e.input_tokens)::int8 AS input_tokens, coalesce(sum(e.cache_read_tokens), 0)::int8 AS cache_read_tokens,
        coalesce(sum(e.cache_write_5m_tokens), 0)::int8 AS cache_write_5m_tokens,
        coalesce(sum(e.cache_write_1h_tokens), 0)::int8 AS cache_write_1h_tokens,
        coalesce(sum(e.input_audio_tokens), 0)::int8 AS input_audio_tokens,
        coalesce(sum(e.input_image_tokens), 0)::int8 AS input_image_tokens,
        sum(e.output_tokens)::int8 AS output_tokens,
        coalesce(sum(e.output_reasoning_tokens), 0)::int8 AS output_reasoning_tokens,
        coalesce(sum(e.output_audio_tokens), 0)::int8 AS output_audio_tokens,
        coalesce(sum(e.web_searches), 0)::int8 AS web_searches, sum(e.cost_input_pico_usd) AS cost_input_pico_usd,
        coalesce(sum(e.cost_cache_read_pico_usd), 0) AS cost_cache_read_pico_usd,
        coalesce(sum(e.cost_cache_write_pico_usd), 0) AS cost_cache_write_pico_usd,
        sum(e.cost_output_pico_usd) AS cost_output_pico_usd,
        coalesce(sum(e.cost_other_pico_usd), 0) AS cost_other_pico_usd,
        coalesce(sum(e.cost_other_pico_usd) FILTER (WHERE e.cost_status = 3), 0) AS provider_reported_cost_pico_usd,
        count(*) FILTER (WHERE e.cost_status = 2) AS unpriced_events,
        count(*) FILTER (WHERE e.cost_status = 1) AS partial_events,
        count(*) FILTER (WHERE e.cost_status = 4) AS estimated_events,
        coalesce(sum(
            e.input_tokens + coalesce(e.cache_read_tokens, 0) + coalesce(e.cache_write_5m_tokens, 0) +
            coalesce(e.cache_write_1h_tokens, 0) + coalesce(e.input_audio_tokens, 0) +
            coalesce(e.input_image_tokens, 0) + e.output_tokens + coalesce(e.output_reasoning_tokens, 0) +
            coalesce(e.output_audio_tokens, 0)
        ) FILTER (WHERE e.cost_status = 2), 0)::int8 AS unpriced_tokens,
        coalesce(sum(e.latency_us), 0) AS latency_us_sum, count(e.latency_us) AS latency_count,
        coalesce(sum(e.ttft_us), 0) AS ttft_us_sum, count(e.ttft_us) AS ttft_count
    FROM hub.usage_events e LEFT JOIN hub.series s USING (tenant_id, series_id)
    WHERE e.tenant_id = %(tenant_id)s AND e.ts >= %(start)s AND e.ts < %(stop)s
    GROUP BY 1, 2, 3
), before AS (
    DELETE FROM hub.usage_user_1d u USING late
    WHERE u.tenant_id = %(tenant_id)s AND u.bucket = %(start)s AND u.user_id = late.user_id
    RETURNING u.*
)
INSERT INTO hub.usage_user_1d (tenant_id, bucket, user_id, {{users}})
SELECT
    tenant_id, bucket, user_id,
    sum(events)::int8, sum(errors)::int8, sum(input_tokens)::int8, sum(cache_read_tokens)::int8,
    sum(cache_write_5m_tokens)::int8, sum(cache_write_1h_tokens)::int8, sum(input_audio_tokens)::int8,
    sum(input_image_tokens)::int8, sum(output_tokens)::int8, sum(output_reasoning_tokens)::int8,
    sum(output_audio_tokens)::int8, sum(web_searches)::int8, sum(cost_input_pico_usd), sum(cost_cache_read_pico_usd),
    sum(cost_cache_write_pico_usd), sum(cost_output_pico_usd), sum(cost_other_pico_usd),
    sum(provider_reported_cost_pico_usd), sum(unpriced_events)::int8, sum(partial_events)::int8,
    sum(estimated_events)::int8, sum(unpriced_tokens)::int8, sum(latency_us_sum), sum(latency_count)::int8,
    sum(ttft_us_sum), sum(ttft_count)::int8
FROM (TABLE late UNION ALL TABLE before) AS parts
GROUP BY 1, 2, 3

-- name: record_late_events
INSERT INTO hub.ledger_removals (tenant_id, hour, reason, events)
SELECT tenant_id, date_bin('1 hour', received_at, '2000-01-01 00:00:00+00') AS hour, 'purged', count(*)
FROM hub.usage_events
WHERE tenant_id = %(tenant_id)s AND ts >= %(start)s AND ts < %(stop)s
GROUP BY tenant_id, hour

-- name: delete_late_events
DELETE FROM hub.usage_events WHERE tenant_id = %(tenant_id)s AND ts >= %(start)s AND ts < %(stop)s

-- name: claim_block
INSERT INTO hub.usage_user_blocks AS b (tenant_id, block, renewals) VALUES (%(tenant_id)s, %(block_start)s, 1)
ON CONFLICT (tenant_id, block) DO UPDATE SET renewals = b.renewals + 1

-- name: forget_runs
-- What stood for the day as it was before.
WITH gone AS (
    DELETE FROM hub.usage_user_run
    WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(block_stop)s
)
DELETE FROM hub.usage_user_rows
WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(block_stop)s

-- name: count_user_rows
INSERT INTO hub.usage_user_rows (tenant_id, bucket, day_rows)
SELECT tenant_id, bucket, count(*) FROM hub.usage_user_1d
WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(block_stop)s
GROUP BY tenant_id, bucket

-- name: user_rows_of_block
SELECT bucket, day_rows, run_rows FROM hub.usage_user_rows
WHERE tenant_id = %(tenant_id)s AND bucket >= %(block_start)s AND bucket < %(block_stop)s
ORDER BY bucket

-- name: insert_run
-- The days since the last run, and that run; nothing when it has become too long.
WITH run AS MATERIALIZED (
    SELECT
        tenant_id, %(last)s::timestamptz, user_id, sum(events)::int8, sum(errors)::int8, sum(total_tokens)::int8,
        sum(cost_pico_usd), sum(unpriced_events)::int8, sum(partial_events)::int8, sum(estimated_events)::int8
    FROM (
        SELECT
            tenant_id, user_id, events, errors,
            input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens +
            input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens AS total_tokens,
            cost_input_pico_usd + cost_cache_read_pico_usd + cost_cache_write_pico_usd + cost_output_pico_usd +
            cost_other_pico_usd AS cost_pico_usd,
            unpriced_events, partial_events, estimated_events
        FROM hub.usage_user_1d
        WHERE tenant_id = %(tenant_id)s AND bucket >= %(tail_start)s AND bucket <= %(last)s
        UNION ALL
        SELECT tenant_id, user_id, {{run}}
        FROM hub.usage_user_run
        WHERE tenant_id = %(tenant_id)s AND bucket = %(last_run)s::timestamptz
    ) AS parts
    GROUP BY tenant_id, user_id
    ORDER BY user_id
)
INSERT INTO hub.usage_user_run (tenant_id, bucket, user_id, {{run}})
SELECT * FROM run WHERE (SELECT count(*) FROM run) <= %(rows_max)s

-- name: delete_run_count
DELETE FROM hub.usage_user_rows WHERE tenant_id = %(tenant_id)s AND bucket = %(last)s

-- name: insert_run_count
INSERT INTO hub.usage_user_rows (tenant_id, bucket, day_rows, run_rows)
VALUES (%(tenant_id)s, %(last)s, %(last_rows)s, %(run_rows)s)
