-- What the query side reads besides its assembled statement, as hub_reader through the barrier views.

-- name: marks
-- One row: everything that the planner must know of the span, from the snapshot that the rows will come from.
SELECT transaction_timestamp(), minutes_dropped_before, hours_dropped_before, events_dropped_before,
       ARRAY(SELECT hour FROM hub_read.rollup_marks
              WHERE tenant_id = %(tenant_id)s::int4
                AND hour >= %(start)s::timestamptz AND hour < %(end)s::timestamptz),
       ARRAY(SELECT day FROM hub_read.rollup_day_marks
              WHERE tenant_id = %(tenant_id)s::int4
                AND day >= %(start)s::timestamptz AND day < %(end)s::timestamptz),
       (SELECT declared_tags FROM hub_read.tenants WHERE tenant_id = %(tenant_id)s::int4),
       gap.facets, gap.hours
  FROM hub_read.rollup_retention,
       (SELECT COALESCE(array_agg(dimension), '{}') AS facets, COALESCE(array_agg(hour), '{}') AS hours
          FROM hub_read.rollup_facet_gaps
         WHERE tenant_id = %(tenant_id)s::int4
           AND dimension = ANY(%(facets)s::text[])
           AND hour >= %(start)s::timestamptz AND hour < %(end)s::timestamptz) AS gap

-- name: ledger
SELECT hour, sum(received)::int8, sum(stored)::int8, sum(duplicate)::int8, sum(rejected)::int8
  FROM hub_read.ingest_ledger
 WHERE tenant_id = %(tenant_id)s::int4
   AND hour >= %(start)s::timestamptz AND hour < %(end)s::timestamptz
 GROUP BY hour
 ORDER BY hour

-- name: ready
-- all tenants: asks the server for a sign of life only
SELECT 1

-- name: work_mem
-- all tenants: bounds of the connection itself. With the server's 4 MB the sorts of a busy day that is not closed yet
-- go to disk, and grouping days of minutes by hour takes twice as long. Questions read some thousand rows: starting
-- workers for that takes nearly half the answer, and they are missing where other questions run.
SELECT set_config('work_mem', %(work_mem)s, false), set_config('max_parallel_workers_per_gather', '0', false),
       set_config('jit', 'off', false)

-- name: no_nested_loops
-- all tenants: how this transaction joins. The barrier's tests make the planner expect one series where there are
-- thousands, and it would read all of them again for every row: most of the time of a month of hours that begins or
-- ends within one. Nothing here is better joined row by row.
SELECT set_config('enable_nestloop', 'off', true)

-- name: export_snapshot
-- all tenants: names what this transaction sees, so that another one sees the same; that one sets its tenant by itself
SELECT pg_export_snapshot()
