-- depends: 0010_facets
-- TimescaleDB: the columnstore and its moments, and the operator's board. Plain PostgreSQL gets the board as a view.
--
-- Rows become columns when nearly nobody writes them any more: a day after the usual late horizon, counted from the end
-- of their chunk. Days never: they are few, and a chunk of them is a year
-- (docs/adr/0015-columnstore-moments.md). A tenant's rows lie together, in the order they are asked for.
-- `recompress: false`: rows that come later into a chunk of columns stay rows until hub.compact_chunk() is called,
-- which waits for older snapshots. The policy would not, and the planner then overlooks rows that such a snapshot still
-- needs: an answer would lack them for a moment, and a closer would make that permanent.

DO $do$
DECLARE
    chosen record;
BEGIN
    IF hub.engine() = 'plain' THEN
        RETURN;
    END IF;
    -- A closer, an erasure and a resend may meet a whole chunk of columns; what bounds them is their batch.
    -- The bootstrap says the same to new databases.
    EXECUTE format(
        'ALTER DATABASE %I SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0', current_database());
    FOR chosen IN
        SELECT * FROM (VALUES
            ('usage_events', 'tenant_id', 'ts, event_key', INTERVAL '8 days'),
            ('usage_1m', 'tenant_id', 'bucket, series_id', INTERVAL '8 days'),
            ('usage_1m_total', 'tenant_id', 'bucket', INTERVAL '8 days'),
            ('usage_1h', 'tenant_id', 'bucket, series_id', INTERVAL '8 days'),
            ('usage_1h_facet', 'tenant_id, dimension', 'bucket, value', INTERVAL '8 days'),
            ('usage_user_1d', 'tenant_id', 'bucket, user_id', INTERVAL '8 days'),
            ('usage_1d', 'tenant_id', 'bucket, series_id', NULL),
            ('usage_1d_facet', 'tenant_id, dimension', 'bucket, value', NULL)
        ) AS t (name, segment_by, order_by, moment)
    LOOP
        EXECUTE format(
            'ALTER TABLE hub.%I SET (timescaledb.enable_columnstore, timescaledb.segmentby = %L,
                timescaledb.orderby = %L)', chosen.name, chosen.segment_by, chosen.order_by);
        CONTINUE WHEN chosen.moment IS NULL;
        CALL public.add_columnstore_policy(
            format('hub.%I', chosen.name)::regclass, after => chosen.moment, schedule_interval => INTERVAL '1 hour');
        PERFORM public.alter_job(j.job_id, config => j.config || '{"recompress": false}')
        FROM timescaledb_information.jobs j
        WHERE j.hypertable_schema = 'hub' AND j.hypertable_name = chosen.name
          AND j.proc_name IN ('policy_compression', 'policy_columnstore');
    END LOOP;
END
$do$;

-- What the whole platform did, by hour and tenant; for the operator alone. Staleness is harmless here, so TimescaleDB
-- keeps it by itself: hours that moved within the window of 89 days are summed again, never one that is not over yet
-- (end_offset), never one that retention may have dropped (hours are kept for 90 days at least), and what lies past the
-- last refresh is summed while it is read. No barrier: hub_reader has no right on it, no tenant is served from it.
DO $do$
DECLARE
    board text := $sql$
        SELECT
            tenant_id, %s AS hour, sum(events) AS events, sum(errors) AS errors,
            sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens
                + input_image_tokens) AS tokens_in,
            sum(output_tokens + output_reasoning_tokens + output_audio_tokens) AS tokens_out,
            sum(cost_input_pico_usd + cost_cache_read_pico_usd + cost_cache_write_pico_usd + cost_output_pico_usd
                + cost_other_pico_usd) AS cost_pico_usd,
            sum(unpriced_events) AS unpriced_events
        FROM hub.usage_1h
        GROUP BY tenant_id, hour
    $sql$;
BEGIN
    IF hub.engine() = 'plain' THEN
        EXECUTE 'CREATE VIEW hub.ops_usage_1h AS ' || format(board, 'bucket');
    ELSE
        EXECUTE 'CREATE MATERIALIZED VIEW hub.ops_usage_1h
            WITH (timescaledb.continuous, timescaledb.materialized_only = false,
                  timescaledb.create_group_indexes = false)
            AS ' || format(board, $sql$public.time_bucket('1 hour', bucket)$sql$) || ' WITH NO DATA';
        PERFORM public.add_continuous_aggregate_policy(
            'hub.ops_usage_1h', start_offset => INTERVAL '89 days', end_offset => INTERVAL '1 hour',
            schedule_interval => INTERVAL '10 minutes');
    END IF;
END
$do$;
GRANT SELECT ON hub.ops_usage_1h TO hub_maint;
