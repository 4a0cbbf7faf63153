-- depends: 0023_live_ids
-- What the jobs found: forecasts, anomalies, incidents with what people said about them, and how the jobs ran.
--
-- Written as hub_maint, but of the tenant of the transaction alone: a job that forgets its tenant writes and reads
-- nothing. Read through the barrier views. People answer as hub_reader, through two functions that know no tenant but
-- that of the transaction either.

-- One row a series and end of its history: a job that runs twice writes the same row twice. The arrays belong together, a
-- bucket each; a bound is NULL where nothing can be promised.
CREATE TABLE hub.forecasts (
    tenant_id int4 NOT NULL REFERENCES hub.tenants,
    dimension text NOT NULL CHECK (length(dimension) <= 100),
    value text NOT NULL CHECK (length(value) <= 256),
    metric text NOT NULL CHECK (length(metric) BETWEEN 1 AND 100),
    step_s int4 NOT NULL CHECK (step_s > 0),
    as_of timestamptz NOT NULL,
    made_at timestamptz NOT NULL,
    model text NOT NULL CHECK (length(model) <= 200),
    history text NOT NULL CHECK (history IN ('enough', 'short', 'intermittent', 'none')),
    trained_from timestamptz,
    trained_to timestamptz,
    mase float8,
    wape float8,
    fits int4,
    starts timestamptz[] NOT NULL CHECK (cardinality(starts) <= 10000),
    points float8[] NOT NULL,
    low_80 float8[] NOT NULL,
    high_80 float8[] NOT NULL,
    low_95 float8[] NOT NULL,
    high_95 float8[] NOT NULL,
    PRIMARY KEY (tenant_id, dimension, value, metric, step_s, as_of),
    CHECK (cardinality(starts) = ALL (ARRAY[cardinality(points), cardinality(low_80), cardinality(high_80),
                                            cardinality(low_95), cardinality(high_95)]))
);

CREATE TABLE hub.anomalies (
    tenant_id int4 NOT NULL REFERENCES hub.tenants,
    bucket timestamptz NOT NULL,
    metric text NOT NULL CHECK (length(metric) BETWEEN 1 AND 100),
    dimension text NOT NULL CHECK (length(dimension) <= 100),
    value text NOT NULL CHECK (length(value) <= 256),
    detector text NOT NULL CHECK (length(detector) BETWEEN 1 AND 100),
    score float8 NOT NULL,
    observed float8,
    expected float8,
    low float8,
    high float8,
    incident_id uuid,
    PRIMARY KEY (tenant_id, bucket, metric, dimension, value, detector)
);

CREATE TABLE hub.incidents (
    tenant_id int4 NOT NULL REFERENCES hub.tenants,
    incident_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('spike', 'drop', 'gap', 'cost', 'latency', 'errors')),
    metric text NOT NULL CHECK (length(metric) BETWEEN 1 AND 100),
    dimension text NOT NULL CHECK (length(dimension) <= 100),
    value text NOT NULL CHECK (length(value) <= 256),
    began_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL CHECK (last_at >= began_at),
    found_at timestamptz NOT NULL,
    ended bool NOT NULL,
    observed float8,
    expected float8,
    impact_usd numeric,
    metrics text[] NOT NULL CHECK (cardinality(metrics) <= 100),
    detectors text[] NOT NULL CHECK (cardinality(detectors) <= 100),
    contributions jsonb NOT NULL CHECK (jsonb_typeof(contributions) = 'array' AND length(contributions::text) <= 20000),
    told_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(),
    acknowledged_at timestamptz,
    acknowledged_kind text CHECK (acknowledged_kind IN ('key', 'member', 'operator')),
    acknowledged_by text CHECK (length(acknowledged_by) BETWEEN 1 AND 800),
    feedback text CHECK (feedback IN ('useful', 'noise')),
    feedback_at timestamptz,
    feedback_kind text CHECK (feedback_kind IN ('key', 'member', 'operator')),
    feedback_by text CHECK (length(feedback_by) BETWEEN 1 AND 800),
    PRIMARY KEY (tenant_id, incident_id),
    CHECK (num_nulls(acknowledged_at, acknowledged_kind, acknowledged_by) IN (0, 3)),
    CHECK (num_nulls(feedback, feedback_at, feedback_kind, feedback_by) IN (0, 4))
);
CREATE INDEX incidents_began ON hub.incidents (tenant_id, began_at, incident_id);

-- What ran for whom, and how it ended. `done_steps` of `all_steps` is how far it has come.
CREATE TABLE hub.job_runs (
    tenant_id int4 NOT NULL REFERENCES hub.tenants,
    run_id uuid NOT NULL,
    job text NOT NULL CHECK (job ~ '^[a-z_]{1,50}$'),
    state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'lost')),
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    done_steps int4 NOT NULL DEFAULT 0,
    all_steps int4 NOT NULL DEFAULT 0,
    rows_written int8 NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '' CHECK (length(error) <= 2000),
    PRIMARY KEY (tenant_id, run_id)
);
CREATE INDEX job_runs_began ON hub.job_runs (tenant_id, job, began_at);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['forecasts', 'anomalies', 'incidents', 'job_runs'] LOOP
        EXECUTE format('ALTER TABLE hub.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE hub.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON hub.%I FOR SELECT TO hub_owner'
                       ' USING (tenant_id = (SELECT hub.cur_tenant()))', name || '_own', name);
        EXECUTE format('CREATE POLICY %I ON hub.%I TO hub_maint USING (tenant_id = (SELECT hub.cur_tenant()))'
                       ' WITH CHECK (tenant_id = (SELECT hub.cur_tenant()))', name || '_job', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON hub.%I TO hub_maint', name);
    END LOOP;
END
$$;
-- The operator's list of runs is of all tenants; it says nothing of what was found.
CREATE POLICY job_runs_list ON hub.job_runs FOR SELECT TO hub_maint USING (true);
-- For the two functions below, which belong to hub_owner.
CREATE POLICY incidents_answer ON hub.incidents FOR UPDATE TO hub_owner
    USING (tenant_id = (SELECT hub.cur_tenant())) WITH CHECK (tenant_id = (SELECT hub.cur_tenant()));

CREATE VIEW hub_read.forecasts WITH (security_barrier = true) AS
    SELECT
        tenant_id, dimension, value, metric, step_s, as_of, made_at, model, history, trained_from, trained_to, mase,
        wape, fits, starts, points, low_80, high_80, low_95, high_95
    FROM hub.forecasts
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.anomalies WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, metric, dimension, value, detector, score, observed, expected, low, high, incident_id
    FROM hub.anomalies
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.incidents WITH (security_barrier = true) AS
    SELECT
        tenant_id, incident_id, kind, metric, dimension, value, began_at, last_at, found_at, ended, observed, expected,
        impact_usd, metrics, detectors, contributions, told_at, changed_at, acknowledged_at, acknowledged_kind,
        acknowledged_by, feedback, feedback_at, feedback_kind, feedback_by
    FROM hub.incidents
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.job_runs WITH (security_barrier = true) AS
    SELECT
        tenant_id, run_id, job, state, began_at, ended_at, done_steps, all_steps, rows_written, error
    FROM hub.job_runs
    WHERE tenant_id = (SELECT hub.cur_tenant());

GRANT SELECT ON hub_read.forecasts, hub_read.anomalies, hub_read.incidents, hub_read.job_runs TO hub_reader;

-- The first one counts. False: the tenant of the transaction has no such incident.
CREATE FUNCTION hub.acknowledge_incident(incident uuid, actor_kind text, actor_name text, moment timestamptz)
    RETURNS bool
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    UPDATE hub.incidents i
       SET acknowledged_at = moment, acknowledged_kind = actor_kind, acknowledged_by = actor_name, changed_at = now()
     WHERE i.tenant_id = (SELECT hub.cur_tenant()) AND i.incident_id = incident AND i.acknowledged_at IS NULL;
    RETURN FOUND OR EXISTS (
        SELECT FROM hub.incidents i WHERE i.tenant_id = (SELECT hub.cur_tenant()) AND i.incident_id = incident);
END
$$;

-- The last one counts; who says the same again changes nothing.
CREATE FUNCTION hub.give_incident_feedback(
    incident uuid, word text, actor_kind text, actor_name text, moment timestamptz)
    RETURNS bool
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    UPDATE hub.incidents i
       SET feedback = word, feedback_at = moment, feedback_kind = actor_kind, feedback_by = actor_name, changed_at = now()
     WHERE i.tenant_id = (SELECT hub.cur_tenant()) AND i.incident_id = incident
       AND (i.feedback, i.feedback_kind, i.feedback_by) IS DISTINCT FROM (word, actor_kind, actor_name);
    RETURN FOUND OR EXISTS (
        SELECT FROM hub.incidents i WHERE i.tenant_id = (SELECT hub.cur_tenant()) AND i.incident_id = incident);
END
$$;
GRANT EXECUTE ON FUNCTION hub.acknowledge_incident(uuid, text, text, timestamptz),
    hub.give_incident_feedback(uuid, text, text, text, timestamptz) TO hub_reader;
