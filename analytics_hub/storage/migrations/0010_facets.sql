-- depends: 0009_stream
-- Facets: closed hours and days along one dimension; closed minutes of a whole tenant; days of each end-user.
--
-- A tenant's busy month has a million rows of series and hour, and nearly every question wants one dimension of them: by
-- model, by project, or no dimension at all. A facet answers that from as many rows as there are values. Dimension '' (with
-- the one value '') is the whole tenant. Written by the closer in the transaction that closes the hour or the day, from the
-- same snapshot: an hour without a mark equals the sum of its deltas here as well.
-- Facets hold the eight dimensions of a series, not its tags: those may be declared later, when hours are closed already.

DO $do$
DECLARE
    sums text := 'events int8 NOT NULL, errors int8 NOT NULL, input_tokens int8 NOT NULL, cache_read_tokens int8 NOT NULL,
        cache_write_5m_tokens int8 NOT NULL, cache_write_1h_tokens int8 NOT NULL, input_audio_tokens int8 NOT NULL,
        input_image_tokens int8 NOT NULL, output_tokens int8 NOT NULL, output_reasoning_tokens int8 NOT NULL,
        output_audio_tokens int8 NOT NULL, web_searches int8 NOT NULL, cost_input_pico_usd numeric NOT NULL,
        cost_cache_read_pico_usd numeric NOT NULL, cost_cache_write_pico_usd numeric NOT NULL,
        cost_output_pico_usd numeric NOT NULL, cost_other_pico_usd numeric NOT NULL,
        provider_reported_cost_pico_usd numeric NOT NULL, unpriced_events int8 NOT NULL, partial_events int8 NOT NULL,
        estimated_events int8 NOT NULL, unpriced_tokens int8 NOT NULL, latency_us_sum numeric NOT NULL,
        latency_count int8 NOT NULL, ttft_us_sum numeric NOT NULL, ttft_count int8 NOT NULL';
    sketches text := 'latency_sketch bytea NOT NULL, ttft_sketch bytea NOT NULL';
    name text;
BEGIN
    EXECUTE format(
        'CREATE TABLE hub.usage_1m_total (tenant_id int4 NOT NULL, bucket timestamptz NOT NULL, %s, %s,
            PRIMARY KEY (tenant_id, bucket))', sums, sketches);
    FOREACH name IN ARRAY ARRAY['usage_1h_facet', 'usage_1d_facet'] LOOP
        EXECUTE format(
            'CREATE TABLE hub.%I (tenant_id int4 NOT NULL, dimension text NOT NULL, bucket timestamptz NOT NULL,
                value text NOT NULL, %s, %s, PRIMARY KEY (tenant_id, dimension, bucket, value))', name, sums, sketches);
    END LOOP;
    -- From the raw events, because a series knows no user. '' is everybody who was not named.
    EXECUTE format(
        'CREATE TABLE hub.usage_user_1d (tenant_id int4 NOT NULL, bucket timestamptz NOT NULL, user_id text NOT NULL, %s,
            PRIMARY KEY (tenant_id, bucket, user_id))', sums);
    IF hub.engine() <> 'plain' THEN
        PERFORM public.create_hypertable(
            'hub.usage_1m_total', public.by_range('bucket', INTERVAL '7 days'), create_default_indexes => false);
        PERFORM public.create_hypertable(
            'hub.usage_1h_facet', public.by_range('bucket', INTERVAL '30 days'), create_default_indexes => false);
        PERFORM public.create_hypertable(
            'hub.usage_1d_facet', public.by_range('bucket', INTERVAL '365 days'), create_default_indexes => false);
        PERFORM public.create_hypertable(
            'hub.usage_user_1d', public.by_range('bucket', INTERVAL '30 days'), create_default_indexes => false);
    END IF;
END
$do$;
GRANT SELECT, INSERT, DELETE ON hub.usage_1m_total, hub.usage_1h_facet, hub.usage_1d_facet, hub.usage_user_1d TO hub_maint;

-- Hours of which a dimension has no facet: it had too many values, so that a facet would be as long as the series, or the
-- hour was closed before there were facets. Such an hour, and its day, is read by series. None: the facet is whole.
CREATE TABLE hub.rollup_facet_gaps (
    tenant_id int4 NOT NULL,
    dimension text NOT NULL,
    hour timestamptz NOT NULL CHECK (hour = date_bin('1 hour', hour, '2000-01-01 00:00:00+00')),
    PRIMARY KEY (tenant_id, dimension, hour)
);
GRANT SELECT, INSERT, DELETE ON hub.rollup_facet_gaps TO hub_maint;

-- What was closed before this migration: closed by series only. Its days are marked, so that the closer makes their users.
INSERT INTO hub.rollup_facet_gaps (tenant_id, dimension, hour)
SELECT DISTINCT h.tenant_id, d.dimension, h.bucket
FROM hub.usage_1h h
CROSS JOIN unnest(ARRAY['', 'provider', 'provider_account', 'model', 'operation', 'service_tier', 'environment', 'project',
                        'status']) AS d (dimension);
INSERT INTO hub.rollup_day_marks (tenant_id, day)
SELECT DISTINCT tenant_id, bucket FROM hub.usage_1d
ON CONFLICT DO NOTHING;

-- Each level is kept for its own time. Days and users follow whole days, minutes whole hours.
ALTER TABLE hub.rollup_retention
    ADD COLUMN events_dropped_before timestamptz NOT NULL DEFAULT '-infinity'
        CHECK (NOT isfinite(events_dropped_before)
               OR events_dropped_before = date_bin('1 day', events_dropped_before, '2000-01-01 00:00:00+00')),
    ADD COLUMN hours_dropped_before timestamptz NOT NULL DEFAULT '-infinity'
        CHECK (NOT isfinite(hours_dropped_before)
               OR hours_dropped_before = date_bin('1 day', hours_dropped_before, '2000-01-01 00:00:00+00'));

CREATE OR REPLACE VIEW hub_read.rollup_retention WITH (security_barrier = true) AS
    SELECT
        greatest(minutes_dropped_before, '1970-01-01 00:00:00+00') AS minutes_dropped_before,
        greatest(events_dropped_before, '1970-01-01 00:00:00+00') AS events_dropped_before,
        greatest(hours_dropped_before, '1970-01-01 00:00:00+00') AS hours_dropped_before
    FROM hub.rollup_retention;

CREATE VIEW hub_read.usage_1m_total WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
        input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens, output_audio_tokens, web_searches,
        cost_input_pico_usd, cost_cache_read_pico_usd, cost_cache_write_pico_usd, cost_output_pico_usd,
        cost_other_pico_usd, provider_reported_cost_pico_usd, unpriced_events, partial_events, estimated_events,
        unpriced_tokens, latency_us_sum, latency_count, ttft_us_sum, ttft_count, latency_sketch, ttft_sketch
    FROM hub.usage_1m_total
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.usage_1h_facet WITH (security_barrier = true) AS
    SELECT
        tenant_id, dimension, bucket, value, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
        output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd, cost_cache_write_pico_usd,
        cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd, unpriced_events, partial_events,
        estimated_events, unpriced_tokens, latency_us_sum, latency_count, ttft_us_sum, ttft_count, latency_sketch,
        ttft_sketch
    FROM hub.usage_1h_facet
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.usage_1d_facet WITH (security_barrier = true) AS
    SELECT
        tenant_id, dimension, bucket, value, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
        output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd, cost_cache_write_pico_usd,
        cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd, unpriced_events, partial_events,
        estimated_events, unpriced_tokens, latency_us_sum, latency_count, ttft_us_sum, ttft_count, latency_sketch,
        ttft_sketch
    FROM hub.usage_1d_facet
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.usage_user_1d WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, user_id, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
        output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd, cost_cache_write_pico_usd,
        cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd, unpriced_events, partial_events,
        estimated_events, unpriced_tokens, latency_us_sum, latency_count, ttft_us_sum, ttft_count
    FROM hub.usage_user_1d
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.rollup_facet_gaps WITH (security_barrier = true) AS
    SELECT
        tenant_id, dimension, hour
    FROM hub.rollup_facet_gaps
    WHERE tenant_id = (SELECT hub.cur_tenant());

GRANT SELECT ON hub_read.usage_1m_total, hub_read.usage_1h_facet, hub_read.usage_1d_facet, hub_read.usage_user_1d,
    hub_read.rollup_facet_gaps TO hub_reader;
