-- Once per database, by a superuser, connected to it: who may enter, and the extension that hub_owner may not make.
-- See bootstrap_server.sql for the order.
-- all tenants: roles and rights are made before any tenant is.

DO $$
DECLARE
    db text := current_database();
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', db);
    EXECUTE format('ALTER DATABASE %I OWNER TO hub_owner', db);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO hub_writer, hub_maint, hub_reader', db);
    -- The flush keeps what it must compare in a temporary table; nobody else needs one.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO hub_writer', db);
    EXECUTE format('ALTER DATABASE %I SET timezone = ''UTC''', db);
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- TimescaleDB where the server has it loaded; plain day partitions otherwise (hub.engine() tells which).
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
       AND current_setting('shared_preload_libraries') LIKE '%timescaledb%'
       AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        CREATE EXTENSION timescaledb SCHEMA public;
    END IF;
    -- Older ones lose rows or refuse what we rely on; better without it than with those.
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb'
               AND string_to_array(split_part(extversion, '-', 1), '.')::int[] < ARRAY[2, 29, 2]) THEN
        RAISE EXCEPTION 'TimescaleDB 2.29.2 or newer is needed, or a server without it';
    END IF;
END
$$;

-- PUBLIC may call TimescaleDB's administrative functions by default: a reader could schedule jobs. The owner keeps
-- them. USAGE on _timescaledb_internal stays: without it reads through the views fail (2.29.2).
DO $$
DECLARE
    func regprocedure;
    kind "char";
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        RETURN;
    END IF;
    GRANT USAGE ON SCHEMA public TO hub_owner, hub_writer, hub_maint, hub_reader;
    -- A closer, an erasure and a resend may meet a whole chunk of columns; what bounds them is their batch.
    EXECUTE format(
        'ALTER DATABASE %I SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0', current_database());
    FOR func, kind IN
        SELECT p.oid::regprocedure, p.prokind
        FROM pg_proc p
        JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'timescaledb'
        WHERE p.proname = ANY (ARRAY[
            'add_job', 'alter_job', 'delete_job', 'run_job',
            'add_retention_policy', 'remove_retention_policy', 'add_compression_policy', 'remove_compression_policy',
            'add_columnstore_policy', 'remove_columnstore_policy', 'add_reorder_policy', 'remove_reorder_policy',
            'add_continuous_aggregate_policy', 'remove_continuous_aggregate_policy', 'refresh_continuous_aggregate',
            'add_process_hypertable_invalidations_policy', 'remove_process_hypertable_invalidations_policy',
            'add_policies', 'remove_policies', 'remove_all_policies', 'alter_policies', 'show_policies',
            'create_hypertable', 'add_dimension', 'set_chunk_time_interval', 'set_integer_now_func',
            'drop_chunks', 'detach_chunk', 'attach_chunk', 'move_chunk', 'reorder_chunk', 'merge_chunks', 'split_chunk',
            'compress_chunk', 'decompress_chunk', 'convert_to_columnstore', 'convert_to_rowstore', 'recompress_chunk',
            'attach_tablespace', 'detach_tablespace', 'detach_tablespaces',
            'enable_chunk_skipping', 'disable_chunk_skipping', 'timescaledb_pre_restore', 'timescaledb_post_restore'])
    LOOP
        EXECUTE format('REVOKE EXECUTE ON %s %s FROM PUBLIC', CASE kind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, func);
        EXECUTE format('GRANT EXECUTE ON %s %s TO hub_owner', CASE kind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, func);
    END LOOP;
END
$$;
