-- The schema of the job queue: made as hub_owner by queue_schema.py.

-- name: in_schema
-- all tenants: the queue holds numbers of tenants and nothing of theirs
SET LOCAL search_path = hub_jobs, pg_catalog

-- name: applied
-- all tenants: names of schema changes
SELECT name FROM hub_jobs.applied

-- name: mark
-- all tenants: names of schema changes
INSERT INTO hub_jobs.applied (name) SELECT unnest(%(names)s::text[])
