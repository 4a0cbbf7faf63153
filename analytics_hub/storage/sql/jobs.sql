-- Runs of jobs: written as hub_maint in the tenant's transaction, listed as hub_maint for the operator.

-- name: lose_runs
-- Whoever holds the tenant's lock knows that nobody else runs: these processes have ended.
UPDATE hub.job_runs SET state = 'lost', ended_at = %(at)s
 WHERE tenant_id = %(tenant_id)s AND state = 'running'

-- name: begin_run
INSERT INTO hub.job_runs (tenant_id, run_id, job, state, began_at)
VALUES (%(tenant_id)s, %(run_id)s, %(job)s, 'running', %(at)s)

-- name: progress
UPDATE hub.job_runs SET done_steps = %(done)s, all_steps = %(all)s
 WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s

-- name: end_run
UPDATE hub.job_runs
   SET state = %(state)s, ended_at = %(at)s, done_steps = %(done)s, all_steps = %(all)s, rows_written = %(rows)s,
       error = %(error)s
 WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state = 'running'

-- name: last_done
SELECT max(began_at) FROM hub.job_runs
 WHERE tenant_id = %(tenant_id)s AND job = %(job)s AND state = 'done'

-- name: drop_old_runs
DELETE FROM hub.job_runs WHERE tenant_id = %(tenant_id)s AND began_at < %(before)s

-- name: lock_tenant
SELECT pg_try_advisory_lock(%(lock_class)s, %(tenant_id)s)

-- name: unlock_tenant
SELECT pg_advisory_unlock(%(lock_class)s, %(tenant_id)s)

-- name: still_there
-- all tenants: asks the server for a sign of life only
SELECT 1

-- name: commit_at_once
-- all tenants: of the connection. Nothing waits for the disk: commits reach it in order, within a second.
SELECT set_config('synchronous_commit', 'off', false)

-- name: page_of_tenants
-- all tenants: a round is of all of them, page by page
SELECT tenant_id FROM hub.tenants WHERE tenant_id > %(after)s ORDER BY tenant_id LIMIT %(limit)s

-- name: announce
SELECT pg_notify('hub_live', live_id::text) FROM hub.tenants WHERE tenant_id = %(tenant_id)s

-- name: newest_runs
-- No tenant: the operator's look at all of them.
SELECT t.slug, r.job, r.state, r.began_at, r.ended_at, r.done_steps, r.all_steps, r.rows_written, r.error
  FROM hub.job_runs r JOIN hub.tenants t ON t.tenant_id = r.tenant_id
 WHERE (%(tenant_id)s::int4 IS NULL OR r.tenant_id = %(tenant_id)s)
   AND (%(states)s::text[] IS NULL OR r.state = ANY (%(states)s))
 ORDER BY r.began_at DESC, r.run_id
 LIMIT %(limit)s

-- name: summaries
-- all tenants: the operator's look at how the jobs went
SELECT job, max(began_at), count(*) FILTER (WHERE state = 'running'), count(*) FILTER (WHERE state = 'done'),
       count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'lost'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - began_at))
           FILTER (WHERE state = 'done'),
       coalesce((array_agg(error ORDER BY began_at DESC) FILTER (WHERE error <> ''))[1], '')
  FROM hub.job_runs
 WHERE began_at >= %(since)s
 GROUP BY job
 ORDER BY job
