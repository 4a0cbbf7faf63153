-- depends: 0001_roles_and_tenants
-- Series and raw events, with the day partitions that plain PostgreSQL needs.

-- One row for each combination of the rollup dimensions of a tenant. series_id is a hash of the dimensions, so writers
-- need no coordination; '' (not NULL) for an absent dimension keeps comparisons and grouping two-valued.
CREATE TABLE hub.series (
    tenant_id int4 NOT NULL,
    series_id int8 NOT NULL,
    provider text NOT NULL DEFAULT '',
    provider_account text NOT NULL DEFAULT '',
    model text NOT NULL DEFAULT '',
    operation text NOT NULL DEFAULT '',
    service_tier text NOT NULL DEFAULT '',
    environment text NOT NULL DEFAULT '',
    project text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    tags jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, series_id)
);
GRANT SELECT, INSERT ON hub.series TO hub_writer;
GRANT SELECT ON hub.series TO hub_maint;

-- One row an event, append-only. Key (tenant_id, ts, event_key): exact dedupe of resends, and rows of one tenant and
-- time lie together, which is how they are written and read. ts must be part of it on both engines (partition key).
-- Column order is the order of the binary COPY; fixed-width columns lead as far as that allows. Counts that are mostly
-- zero are NULL instead of 0 (a NULL costs one bit); the view gives zeros back. latency and ttft NULL: not known.
-- No foreign key to series or tenants: it would cost a lookup a row on the hot path; the lint counts orphans.
DO $do$
DECLARE
    plain bool := hub.engine() = 'plain';
BEGIN
    EXECUTE $sql$
        CREATE TABLE hub.usage_events (
            tenant_id int4 NOT NULL,
            ts timestamptz NOT NULL,
            event_key uuid NOT NULL,
            series_id int8 NOT NULL,
            received_at timestamptz NOT NULL,
            source text NOT NULL,
            event_id text NOT NULL,
            user_id text,
            session_id text,
            api_key_id text,
            agent text,
            region text,
            trace_id text,
            span_id text,
            error_type text,
            tags jsonb,
            input_tokens int8 NOT NULL,
            cache_read_tokens int8,
            cache_write_5m_tokens int8,
            cache_write_1h_tokens int8,
            input_audio_tokens int8,
            input_image_tokens int8,
            output_tokens int8 NOT NULL,
            output_reasoning_tokens int8,
            output_audio_tokens int8,
            web_searches int8,
            latency_us int8,
            ttft_us int8,
            cost_input_pico_usd int8 NOT NULL,
            cost_cache_read_pico_usd int8,
            cost_cache_write_pico_usd int8,
            cost_output_pico_usd int8 NOT NULL,
            cost_other_pico_usd int8,
            cost_status int2 NOT NULL CHECK (cost_status BETWEEN 0 AND 4),
            price_id int8,
            PRIMARY KEY (tenant_id, ts, event_key)
        )
    $sql$ || CASE WHEN plain THEN ' PARTITION BY RANGE (ts)' ELSE '' END;
    IF NOT plain THEN
        PERFORM public.create_hypertable(
            'hub.usage_events', public.by_range('ts', INTERVAL '1 day'), create_default_indexes => false);
    END IF;
END
$do$;
GRANT INSERT ON hub.usage_events TO hub_writer;
GRANT SELECT (tenant_id, ts, event_key) ON hub.usage_events TO hub_writer;
GRANT SELECT ON hub.usage_events TO hub_maint;

-- Makes the day partitions of usage_events and usage_1m that a flush is about to need; returns how many it made.
-- TimescaleDB makes its chunks by itself: nothing to do there.
-- Writers may not create tables, hence SECURITY DEFINER. Bounds: 366 days a call, because every day takes about a dozen
-- locks of one shared table (64 x max_connections by default) until commit; years 2000 to 2100, what the decoder lets in.
-- CREATE + ATTACH, not CREATE … PARTITION OF: attaching takes SHARE UPDATE EXCLUSIVE on the parent, so loading and
-- reading go on. Call it in a transaction of its own: the advisory lock is held to its end.
CREATE FUNCTION hub.ensure_day(days date[]) RETURNS int4
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    day date;
    parent text;
    part text;
    made int4 := 0;
BEGIN
    IF hub.engine() <> 'plain' OR cardinality(days) = 0 THEN
        RETURN 0;
    END IF;
    IF cardinality(days) > 366 THEN
        RAISE EXCEPTION 'ensure_day takes at most 366 days a call, got %', cardinality(days) USING ERRCODE = 'program_limit_exceeded';
    END IF;
    IF EXISTS (SELECT FROM unnest(days) AS d WHERE d IS NULL OR d < '2000-01-01' OR d > '2100-12-31') THEN
        RAISE EXCEPTION 'ensure_day takes days from 2000-01-01 to 2100-12-31' USING ERRCODE = 'datetime_field_overflow';
    END IF;
    -- Two passes over the names: without the lock for the common case that all are there, then for the rest with it.
    IF NOT EXISTS (
        SELECT FROM unnest(days) AS d, unnest(ARRAY['usage_events', 'usage_1m']) AS p
        WHERE to_regclass(format('hub.%I', p || to_char(d, '_YYYYMMDD'))) IS NULL
    ) THEN
        RETURN 0;
    END IF;
    PERFORM pg_advisory_xact_lock(1213547057, 0);  -- 'HUB1': lock classes are listed in storage/advisory.py
    FOR day, parent IN
        SELECT DISTINCT d, p FROM unnest(days) AS d, unnest(ARRAY['usage_events', 'usage_1m']) AS p ORDER BY d, p
    LOOP
        part := parent || to_char(day, '_YYYYMMDD');
        CONTINUE WHEN to_regclass(format('hub.%I', part)) IS NOT NULL;
        EXECUTE format('CREATE TABLE hub.%I (LIKE hub.%I INCLUDING ALL)', part, parent);
        -- Bounds in UTC whatever the session's zone is.
        EXECUTE format(
            'ALTER TABLE hub.%I ATTACH PARTITION hub.%I FOR VALUES FROM (%L) TO (%L)',
            parent, part, to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
GRANT EXECUTE ON FUNCTION hub.ensure_day(date[]) TO hub_writer, hub_maint;
