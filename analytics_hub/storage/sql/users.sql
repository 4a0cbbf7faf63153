-- What the planner of users must know besides the marks, as hub_reader through the barrier views.

-- name: user_rows
SELECT bucket, day_rows, run_rows FROM hub_read.usage_user_rows
WHERE tenant_id = %(tenant_id)s::int4 AND bucket >= %(start)s::timestamptz AND bucket < %(end)s::timestamptz
ORDER BY bucket

-- name: user_hour_rows
SELECT bucket, hour_rows, run_rows FROM hub_read.usage_user_1h_rows
WHERE tenant_id = %(tenant_id)s::int4 AND bucket >= %(start)s::timestamptz AND bucket < %(end)s::timestamptz
ORDER BY bucket
