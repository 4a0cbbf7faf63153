-- Users of one tenant's hours, from the raw events, and their runs through each hour of a day. Run as hub_maint by
-- closer/user_hours.py and, those of runs, by closer/user_runs.py, which knows the statements by the names that they have
-- in closer_users.sql.

-- name: forget_old_hours
WITH hours AS (
    DELETE FROM hub.usage_user_1h WHERE tenant_id = %(tenant_id)s AND bucket < %(kept_from)s
), runs AS (
    DELETE FROM hub.usage_user_1h_run WHERE tenant_id = %(tenant_id)s AND bucket < %(kept_from)s
)
DELETE FROM hub.usage_user_1h_rows WHERE tenant_id = %(tenant_id)s AND bucket < %(kept_from)s

-- name: delete_user_hours
DELETE FROM hub.usage_user_1h WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(stop)s

-- name: insert_user_hours
INSERT INTO hub.usage_user_1h (tenant_id, bucket, user_id, {{run}})
SELECT
    e.tenant_id, date_bin('1 hour', e.ts, '2000-01-01 00:00:00+00') AS hour, coalesce(e.user_id, '') AS named,
    count(*), count(*) FILTER (WHERE s.status <> 'ok'),
    sum(
        e.input_tokens + coalesce(e.cache_read_tokens, 0) + coalesce(e.cache_write_5m_tokens, 0) +
        coalesce(e.cache_write_1h_tokens, 0) + coalesce(e.input_audio_tokens, 0) + coalesce(e.input_image_tokens, 0) +
        e.output_tokens + coalesce(e.output_reasoning_tokens, 0) + coalesce(e.output_audio_tokens, 0)
    )::int8,
    sum(e.cost_input_pico_usd) + coalesce(sum(e.cost_cache_read_pico_usd), 0) +
    coalesce(sum(e.cost_cache_write_pico_usd), 0) + sum(e.cost_output_pico_usd) +
    coalesce(sum(e.cost_other_pico_usd), 0),
    count(*) FILTER (WHERE e.cost_status = 2), count(*) FILTER (WHERE e.cost_status = 1),
    count(*) FILTER (WHERE e.cost_status = 4)
FROM hub.usage_events e LEFT JOIN hub.series s USING (tenant_id, series_id)
WHERE e.tenant_id = %(tenant_id)s AND e.ts >= %(start)s AND e.ts < %(stop)s
GROUP BY e.tenant_id, hour, named
ORDER BY hour, named

-- name: claim_block
-- One row for all hours of a tenant: no block of days begins then that has days.
INSERT INTO hub.usage_user_blocks AS b (tenant_id, block, renewals) VALUES (%(tenant_id)s, '1970-01-01 00:00:00+00', 1)
ON CONFLICT (tenant_id, block) DO UPDATE SET renewals = b.renewals + 1

-- name: forget_runs
-- What stood for the hour as it was before.
WITH gone AS (
    DELETE FROM hub.usage_user_1h_run
    WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(block_stop)s
)
DELETE FROM hub.usage_user_1h_rows
WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(block_stop)s

-- name: count_user_rows
INSERT INTO hub.usage_user_1h_rows (tenant_id, bucket, hour_rows)
SELECT tenant_id, bucket, count(*) FROM hub.usage_user_1h
WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(block_stop)s
GROUP BY tenant_id, bucket

-- name: user_rows_of_block
SELECT bucket, hour_rows, run_rows FROM hub.usage_user_1h_rows
WHERE tenant_id = %(tenant_id)s AND bucket >= %(block_start)s AND bucket < %(block_stop)s
ORDER BY bucket

-- name: insert_run
-- The hours since the last run, and that run; nothing when it has become too long.
WITH run AS MATERIALIZED (
    SELECT
        tenant_id, %(last)s::timestamptz, user_id, sum(events)::int8, sum(errors)::int8, sum(total_tokens)::int8,
        sum(cost_pico_usd), sum(unpriced_events)::int8, sum(partial_events)::int8, sum(estimated_events)::int8
    FROM (
        SELECT tenant_id, user_id, {{run}}
        FROM hub.usage_user_1h
        WHERE tenant_id = %(tenant_id)s AND bucket >= %(tail_start)s AND bucket <= %(last)s
        UNION ALL
        SELECT tenant_id, user_id, {{run}}
        FROM hub.usage_user_1h_run
        WHERE tenant_id = %(tenant_id)s AND bucket = %(last_run)s::timestamptz
    ) AS parts
    GROUP BY tenant_id, user_id
    ORDER BY user_id
)
INSERT INTO hub.usage_user_1h_run (tenant_id, bucket, user_id, {{run}})
SELECT * FROM run WHERE (SELECT count(*) FROM run) <= %(rows_max)s

-- name: delete_run_count
DELETE FROM hub.usage_user_1h_rows WHERE tenant_id = %(tenant_id)s AND bucket = %(last)s

-- name: insert_run_count
INSERT INTO hub.usage_user_1h_rows (tenant_id, bucket, hour_rows, run_rows)
VALUES (%(tenant_id)s, %(last)s, %(last_rows)s, %(run_rows)s)
