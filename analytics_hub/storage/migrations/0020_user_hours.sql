-- depends: 0019_event_places
-- End-users by hour, of the last days: what the raw events of the running day would otherwise be asked for.
--
-- The part of a range that is no whole day was read from raw events: of a large tenant 27,000 an hour
-- (docs/adr/0017-user-runs.md). Hours have the columns of a run and runs of their own, from the start of their day. The
-- closer writes them with the hour, of the last HUB_CLOSER_USER_HOURS_DAYS days, and deletes what is older.
-- An hour without a row has none: its raw events are read. So hours may be missing, and none without a mark is wrong.

CREATE TABLE hub.usage_user_1h (
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

CREATE TABLE hub.usage_user_1h_run (
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

-- How many rows each hour has, and the run through it, where there is one.
CREATE TABLE hub.usage_user_1h_rows (
    tenant_id int4 NOT NULL,
    bucket timestamptz NOT NULL CHECK (bucket = date_bin('1 hour', bucket, '2000-01-01 00:00:00+00')),
    hour_rows int8 NOT NULL CHECK (hour_rows > 0),
    run_rows int8 CHECK (run_rows > 0),
    PRIMARY KEY (tenant_id, bucket)
);
GRANT SELECT, INSERT, DELETE ON hub.usage_user_1h, hub.usage_user_1h_run, hub.usage_user_1h_rows TO hub_maint;

CREATE VIEW hub_read.usage_user_1h WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, user_id, events, errors, total_tokens, cost_pico_usd, unpriced_events, partial_events,
        estimated_events
    FROM hub.usage_user_1h
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.usage_user_1h_run WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, user_id, events, errors, total_tokens, cost_pico_usd, unpriced_events, partial_events,
        estimated_events
    FROM hub.usage_user_1h_run
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.usage_user_1h_rows WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, hour_rows, run_rows
    FROM hub.usage_user_1h_rows
    WHERE tenant_id = (SELECT hub.cur_tenant());

GRANT SELECT ON hub_read.usage_user_1h, hub_read.usage_user_1h_run, hub_read.usage_user_1h_rows TO hub_reader;

-- Hours are read as the days are: the planner must know them too after a bulk load (see 0013_retention.sql).
CREATE OR REPLACE FUNCTION hub.refresh_statistics() RETURNS bool
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '1s'
    AS $$
BEGIN
    ANALYZE hub.series, hub.usage_1h, hub.usage_1d, hub.usage_1h_facet, hub.usage_1d_facet, hub.usage_1m_total,
        hub.usage_user_1d, hub.usage_user_run, hub.usage_user_1h, hub.usage_user_1h_run;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;
