-- What hub check asks about the engine, run as hub_maint by engine.py. The last four only where TimescaleDB is.

-- name: engine
-- all tenants: the catalog knows none
SELECT hub.engine(), (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb')

-- name: time_tables
-- all tenants: the catalog knows none
SELECT h.hypertable_name, h.compression_enabled, count(c.chunk_name)::int8,
       count(c.chunk_name) FILTER (WHERE c.is_compressed)::int8
  FROM timescaledb_information.hypertables h
  LEFT JOIN timescaledb_information.chunks c USING (hypertable_schema, hypertable_name)
 WHERE h.hypertable_schema = 'hub'
 GROUP BY 1, 2
 ORDER BY 1

-- name: jobs
-- all tenants: the catalog knows none
SELECT j.hypertable_name, j.proc_name, j.scheduled, s.last_run_status, s.last_run_started_at
  FROM timescaledb_information.jobs j
  LEFT JOIN timescaledb_information.job_stats s USING (job_id)
 WHERE j.hypertable_schema = 'hub'
 ORDER BY 1, 2

-- name: scheduler
-- all tenants: a process of the server
SELECT count(*)
  FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'TimescaleDB Background Worker Scheduler'

-- name: decompression_limit
-- all tenants: a setting of the database
SELECT current_setting('timescaledb.max_tuples_decompressed_per_dml_transaction')
