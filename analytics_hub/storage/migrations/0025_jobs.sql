-- depends: 0024_findings
-- What the jobs remember beside their findings, and the schema of their queue.

-- What an incident put at stake decides which ones are told within the budget, and of a told one whether somebody was
-- called already: the call comes after the commit, and a process may be killed in between.
ALTER TABLE hub.incidents
    ADD COLUMN at_stake_usd float8 NOT NULL DEFAULT 0,
    ADD COLUMN alerted_at timestamptz;
CREATE INDEX incidents_last ON hub.incidents (tenant_id, last_at);

CREATE OR REPLACE VIEW hub_read.incidents WITH (security_barrier = true) AS
    SELECT
        tenant_id, incident_id, kind, metric, dimension, value, began_at, last_at, found_at, ended, observed, expected,
        impact_usd, metrics, detectors, contributions, told_at, changed_at, acknowledged_at, acknowledged_kind,
        acknowledged_by, feedback, feedback_at, feedback_kind, feedback_by, at_stake_usd, alerted_at
    FROM hub.incidents
    WHERE tenant_id = (SELECT hub.cur_tenant());

-- How good the stored forecasts of a week were, against what came. A share of the buckets lay in each interval.
CREATE TABLE hub.forecast_accuracy (
    tenant_id int4 NOT NULL REFERENCES hub.tenants,
    week timestamptz NOT NULL,
    dimension text NOT NULL CHECK (length(dimension) <= 100),
    value text NOT NULL CHECK (length(value) <= 256),
    metric text NOT NULL CHECK (length(metric) BETWEEN 1 AND 100),
    step_s int4 NOT NULL CHECK (step_s > 0),
    buckets int4 NOT NULL CHECK (buckets > 0),
    wape float8,
    naive_wape float8,
    coverage_80 float8,
    coverage_95 float8,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, week, dimension, value, metric, step_s)
);
ALTER TABLE hub.forecast_accuracy ENABLE ROW LEVEL SECURITY;
ALTER TABLE hub.forecast_accuracy FORCE ROW LEVEL SECURITY;
CREATE POLICY forecast_accuracy_own ON hub.forecast_accuracy FOR SELECT TO hub_owner
    USING (tenant_id = (SELECT hub.cur_tenant()));
CREATE POLICY forecast_accuracy_job ON hub.forecast_accuracy TO hub_maint
    USING (tenant_id = (SELECT hub.cur_tenant())) WITH CHECK (tenant_id = (SELECT hub.cur_tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON hub.forecast_accuracy TO hub_maint;

CREATE VIEW hub_read.forecast_accuracy WITH (security_barrier = true) AS
    SELECT
        tenant_id, week, dimension, value, metric, step_s, buckets, wape, naive_wape, coverage_80, coverage_95, made_at
    FROM hub.forecast_accuracy
    WHERE tenant_id = (SELECT hub.cur_tenant());
GRANT SELECT ON hub_read.forecast_accuracy TO hub_reader;

-- The queue's own tables come from its library, by `hub migrate` or the first process that runs jobs
-- (analytics_hub/storage/queue_schema.py). Whatever it makes here, hub_maint may use and nobody else.
CREATE SCHEMA hub_jobs;
GRANT USAGE ON SCHEMA hub_jobs TO hub_maint;
ALTER DEFAULT PRIVILEGES IN SCHEMA hub_jobs GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hub_maint;
ALTER DEFAULT PRIVILEGES IN SCHEMA hub_jobs GRANT USAGE ON SEQUENCES TO hub_maint;
ALTER DEFAULT PRIVILEGES IN SCHEMA hub_jobs GRANT EXECUTE ON FUNCTIONS TO hub_maint;
ALTER DEFAULT PRIVILEGES IN SCHEMA hub_jobs GRANT USAGE ON TYPES TO hub_maint;

-- Which of the library's changes of its schema this database has.
CREATE TABLE hub_jobs.applied (
    name text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);
REVOKE INSERT, UPDATE, DELETE ON hub_jobs.applied FROM hub_maint;
