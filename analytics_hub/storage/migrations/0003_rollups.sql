-- depends: 0002_series_and_events
-- Rollups: minutes as append-only deltas, hours and days as one row each.

-- usage_1m: signed partial sums of a series and minute. Several rows for one bucket are normal and add up; a correction
-- is a row with negative counts (kind 1). Nothing is ever updated, so writers never wait for each other and a delta
-- commits together with its events and its mark. No unique key for that reason; the index leads with what every
-- question names. int8 throughout: the core splits a delta that would not fit. Sketches are packed blobs whose
-- concatenation is their merge ('' is the empty one).
-- The order of the columns is the order of the binary COPY.
DO $do$
DECLARE
    plain bool := hub.engine() = 'plain';
BEGIN
    EXECUTE $sql$
        CREATE TABLE hub.usage_1m (
            tenant_id int4 NOT NULL,
            bucket timestamptz NOT NULL,
            series_id int8 NOT NULL,
            kind int2 NOT NULL CHECK (kind IN (0, 1)),
            events int8 NOT NULL,
            errors int8 NOT NULL,
            input_tokens int8 NOT NULL,
            cache_read_tokens int8 NOT NULL,
            cache_write_5m_tokens int8 NOT NULL,
            cache_write_1h_tokens int8 NOT NULL,
            input_audio_tokens int8 NOT NULL,
            input_image_tokens int8 NOT NULL,
            output_tokens int8 NOT NULL,
            output_reasoning_tokens int8 NOT NULL,
            output_audio_tokens int8 NOT NULL,
            web_searches int8 NOT NULL,
            cost_input_pico_usd int8 NOT NULL,
            cost_cache_read_pico_usd int8 NOT NULL,
            cost_cache_write_pico_usd int8 NOT NULL,
            cost_output_pico_usd int8 NOT NULL,
            cost_other_pico_usd int8 NOT NULL,
            provider_reported_cost_pico_usd int8 NOT NULL,
            unpriced_events int8 NOT NULL,
            partial_events int8 NOT NULL,
            estimated_events int8 NOT NULL,
            unpriced_tokens int8 NOT NULL,
            latency_us_sum int8 NOT NULL,
            latency_count int8 NOT NULL,
            ttft_us_sum int8 NOT NULL,
            ttft_count int8 NOT NULL,
            latency_sketch bytea NOT NULL,
            ttft_sketch bytea NOT NULL
        )
    $sql$ || CASE WHEN plain THEN ' PARTITION BY RANGE (bucket)' ELSE '' END;
    IF NOT plain THEN
        PERFORM public.create_hypertable(
            'hub.usage_1m', public.by_range('bucket', INTERVAL '1 day'), create_default_indexes => false);
    END IF;
END
$do$;
CREATE INDEX usage_1m_tenant_bucket ON hub.usage_1m (tenant_id, bucket);
GRANT INSERT ON hub.usage_1m TO hub_writer;
GRANT SELECT, INSERT, DELETE ON hub.usage_1m TO hub_maint;

-- usage_1h, usage_1d: exactly one row a series and bucket, written by the closer only. Costs and microseconds are
-- numeric: a day of a large tenant passes the end of int8 pico-USD ($9.2 M). Not partitioned on plain PostgreSQL: some
-- 24 thousand rows a day of a tenant with a thousand live series, always read by its key.
CREATE TABLE hub.usage_1h (
    tenant_id int4 NOT NULL,
    bucket timestamptz NOT NULL,
    series_id int8 NOT NULL,
    events int8 NOT NULL,
    errors int8 NOT NULL,
    input_tokens int8 NOT NULL,
    cache_read_tokens int8 NOT NULL,
    cache_write_5m_tokens int8 NOT NULL,
    cache_write_1h_tokens int8 NOT NULL,
    input_audio_tokens int8 NOT NULL,
    input_image_tokens int8 NOT NULL,
    output_tokens int8 NOT NULL,
    output_reasoning_tokens int8 NOT NULL,
    output_audio_tokens int8 NOT NULL,
    web_searches int8 NOT NULL,
    cost_input_pico_usd numeric NOT NULL,
    cost_cache_read_pico_usd numeric NOT NULL,
    cost_cache_write_pico_usd numeric NOT NULL,
    cost_output_pico_usd numeric NOT NULL,
    cost_other_pico_usd numeric NOT NULL,
    provider_reported_cost_pico_usd numeric NOT NULL,
    unpriced_events int8 NOT NULL,
    partial_events int8 NOT NULL,
    estimated_events int8 NOT NULL,
    unpriced_tokens int8 NOT NULL,
    latency_us_sum numeric NOT NULL,
    latency_count int8 NOT NULL,
    ttft_us_sum numeric NOT NULL,
    ttft_count int8 NOT NULL,
    latency_sketch bytea NOT NULL,
    ttft_sketch bytea NOT NULL,
    PRIMARY KEY (tenant_id, bucket, series_id)
);
GRANT SELECT, INSERT, DELETE ON hub.usage_1h TO hub_maint;

CREATE TABLE hub.usage_1d (
    tenant_id int4 NOT NULL,
    bucket timestamptz NOT NULL,
    series_id int8 NOT NULL,
    events int8 NOT NULL,
    errors int8 NOT NULL,
    input_tokens int8 NOT NULL,
    cache_read_tokens int8 NOT NULL,
    cache_write_5m_tokens int8 NOT NULL,
    cache_write_1h_tokens int8 NOT NULL,
    input_audio_tokens int8 NOT NULL,
    input_image_tokens int8 NOT NULL,
    output_tokens int8 NOT NULL,
    output_reasoning_tokens int8 NOT NULL,
    output_audio_tokens int8 NOT NULL,
    web_searches int8 NOT NULL,
    cost_input_pico_usd numeric NOT NULL,
    cost_cache_read_pico_usd numeric NOT NULL,
    cost_cache_write_pico_usd numeric NOT NULL,
    cost_output_pico_usd numeric NOT NULL,
    cost_other_pico_usd numeric NOT NULL,
    provider_reported_cost_pico_usd numeric NOT NULL,
    unpriced_events int8 NOT NULL,
    partial_events int8 NOT NULL,
    estimated_events int8 NOT NULL,
    unpriced_tokens int8 NOT NULL,
    latency_us_sum numeric NOT NULL,
    latency_count int8 NOT NULL,
    ttft_us_sum numeric NOT NULL,
    ttft_count int8 NOT NULL,
    latency_sketch bytea NOT NULL,
    ttft_sketch bytea NOT NULL,
    PRIMARY KEY (tenant_id, bucket, series_id)
);
GRANT SELECT, INSERT, DELETE ON hub.usage_1d TO hub_maint;

DO $do$
BEGIN
    IF hub.engine() <> 'plain' THEN
        PERFORM public.create_hypertable(
            'hub.usage_1h', public.by_range('bucket', INTERVAL '30 days'), create_default_indexes => false);
        PERFORM public.create_hypertable(
            'hub.usage_1d', public.by_range('bucket', INTERVAL '365 days'), create_default_indexes => false);
    END IF;
END
$do$;

-- A flush leaves a mark for every hour it touches, in its own transaction. No mark visible: the hour's coarse rows equal
-- the sum of its deltas. The closer deletes exactly the marks it read, so one that arrives meanwhile stays.
CREATE TABLE hub.rollup_marks (
    tenant_id int4 NOT NULL,
    hour timestamptz NOT NULL CHECK (hour = date_bin('1 hour', hour, '2000-01-01 00:00:00+00')),
    flush_id int8 NOT NULL,
    PRIMARY KEY (tenant_id, hour, flush_id)
);
GRANT INSERT ON hub.rollup_marks TO hub_writer;
GRANT SELECT, INSERT, DELETE ON hub.rollup_marks TO hub_maint;

-- A day whose hours moved while its day row did not. A day is read from usage_1d only with neither kind of mark.
CREATE TABLE hub.rollup_day_marks (
    tenant_id int4 NOT NULL,
    day timestamptz NOT NULL CHECK (day = date_bin('1 day', day, '2000-01-01 00:00:00+00')),
    PRIMARY KEY (tenant_id, day)
);
GRANT SELECT, INSERT, DELETE ON hub.rollup_day_marks TO hub_maint;

-- One row: minutes before this moment have been dropped. Late minutes behind it are added to the hour, not recomputed.
CREATE TABLE hub.rollup_retention (
    one bool PRIMARY KEY DEFAULT true CHECK (one),
    minutes_dropped_before timestamptz NOT NULL DEFAULT '-infinity'
        CHECK (NOT isfinite(minutes_dropped_before)
               OR minutes_dropped_before = date_bin('1 hour', minutes_dropped_before, '2000-01-01 00:00:00+00'))
);
INSERT INTO hub.rollup_retention DEFAULT VALUES;
GRANT SELECT, UPDATE ON hub.rollup_retention TO hub_maint;
