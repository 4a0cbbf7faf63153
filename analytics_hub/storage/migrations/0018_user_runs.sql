-- depends: 0017_newest_flush
-- Runs of end-users' days: what each user added up to from the start of a block of days through one day.
--
-- A month of a tenant with 40,000 users is a million rows of usage_user_1d, and the twenty best of them need all. The
-- difference of two runs says the same in as many rows as there are users (docs/adr/0017-user-runs.md). A run is the sum of
-- the rows of usage_user_1d that stand there, and the closer, the only one to write either, does both in one transaction.
-- So a run may be missing, and none is ever wrong.

CREATE TABLE hub.usage_user_run (
    tenant_id int4 NOT NULL,
    bucket timestamptz NOT NULL,
    user_id text NOT NULL,
    events int8 NOT NULL,
    errors int8 NOT NULL,
    total_tokens int8 NOT NULL,
    cost_pico_usd numeric NOT NULL,
    unpriced_events int8 NOT NULL,
    partial_events int8 NOT NULL,
    estimated_events int8 NOT NULL,
    PRIMARY KEY (tenant_id, bucket, user_id)
);

-- How many rows each day has, and the run through it, where there is one: by these the reader chooses.
CREATE TABLE hub.usage_user_rows (
    tenant_id int4 NOT NULL,
    bucket timestamptz NOT NULL CHECK (bucket = date_bin('1 day', bucket, '2000-01-01 00:00:00+00')),
    day_rows int8 NOT NULL CHECK (day_rows > 0),
    run_rows int8 CHECK (run_rows > 0),
    PRIMARY KEY (tenant_id, bucket)
);
GRANT SELECT, INSERT, DELETE ON hub.usage_user_run, hub.usage_user_rows TO hub_maint;

-- Who renews the runs of a block adds one here first. Two closers of one block, of which one has not seen what the other
-- committed, meet in this row, and the server says 40001: a run is never made of days as they were before.
CREATE TABLE hub.usage_user_blocks (
    tenant_id int4 NOT NULL,
    block timestamptz NOT NULL,
    renewals int8 NOT NULL,
    PRIMARY KEY (tenant_id, block)
);
GRANT SELECT, INSERT, UPDATE ON hub.usage_user_blocks TO hub_maint;

-- Days that were closed before have no runs: the next closed day of their block makes one of them.
INSERT INTO hub.usage_user_rows (tenant_id, bucket, day_rows)
SELECT tenant_id, bucket, count(*) FROM hub.usage_user_1d GROUP BY tenant_id, bucket;

CREATE VIEW hub_read.usage_user_run WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, user_id, events, errors, total_tokens, cost_pico_usd, unpriced_events, partial_events,
        estimated_events
    FROM hub.usage_user_run
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.usage_user_rows WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, day_rows, run_rows
    FROM hub.usage_user_rows
    WHERE tenant_id = (SELECT hub.cur_tenant());

GRANT SELECT ON hub_read.usage_user_run, hub_read.usage_user_rows TO hub_reader;

-- Runs are read as the days are: the planner must know them too after a bulk load (see 0013_retention.sql).
CREATE OR REPLACE FUNCTION hub.refresh_statistics() RETURNS bool
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '1s'
    AS $$
BEGIN
    ANALYZE hub.series, hub.usage_1h, hub.usage_1d, hub.usage_1h_facet, hub.usage_1d_facet, hub.usage_1m_total,
        hub.usage_user_1d, hub.usage_user_run;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;
