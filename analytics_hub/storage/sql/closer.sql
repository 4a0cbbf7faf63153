-- The marks, locks and order of closing, run as hub_maint by the package closer: one REPEATABLE READ transaction for
-- each turn of a tenant. All of its statements see one snapshot; a mark that arrives meanwhile belongs to the next
-- round. What is written is in closer_hours.sql, closer_facets.sql, closer_days.sql, closer_late_days.sql and
-- closer_users.sql.

-- name: due_tenants
-- all tenants: the closer serves them all, the longest waiting first; `only` asks for one
-- How many hours each has to close comes along.
SELECT tenant_id, count(DISTINCT hour) AS hours
FROM (
    SELECT tenant_id, hour AS since, hour FROM hub.rollup_marks
    WHERE hour <= %(last_hour)s AND (%(only)s::int4 IS NULL OR tenant_id = %(only)s)
    UNION ALL
    SELECT tenant_id, day, NULL FROM hub.rollup_day_marks
    WHERE day <= %(last_day)s AND (%(only)s::int4 IS NULL OR tenant_id = %(only)s)
) AS due
GROUP BY tenant_id
ORDER BY min(since), tenant_id

-- name: lock_tenant
SELECT pg_try_advisory_xact_lock(%(lock_class)s, %(tenant_id)s)

-- name: dropped
-- all tenants: what was dropped was dropped for all
-- The lock of BEGIN_SNAPSHOT keeps retention from dropping more until commit.
SELECT greatest(minutes_dropped_before, '1970-01-01 00:00:00+00'),
       greatest(events_dropped_before, '1970-01-01 00:00:00+00'),
       greatest(hours_dropped_before, '1970-01-01 00:00:00+00')
FROM hub.rollup_retention

-- name: due_hours
SELECT DISTINCT hour
FROM hub.rollup_marks
WHERE tenant_id = %(tenant_id)s AND hour <= %(last_hour)s
ORDER BY hour
LIMIT %(hours_max)s

-- name: delete_marks
DELETE FROM hub.rollup_marks WHERE tenant_id = %(tenant_id)s AND hour = ANY (%(hours)s)

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

-- name: mark_day
INSERT INTO hub.rollup_day_marks (tenant_id, day) VALUES (%(tenant_id)s, %(day)s) ON CONFLICT DO NOTHING

-- name: unmark_day
DELETE FROM hub.rollup_day_marks WHERE tenant_id = %(tenant_id)s AND day = %(day)s

-- name: refresh_statistics
-- all tenants: statistics are of whole tables
SELECT hub.refresh_statistics()
