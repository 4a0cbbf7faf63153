-- depends: 0016_ledger_by_tenant
-- When the newest flush of the transaction's tenant began, and how many of its lines in the ledger began in the window
-- before: what a version of the tenant's data is made of (analytics_hub/domain/freshness.py).
--
-- A function, because no ORDER BY … LIMIT passes the barrier of a view: looking in ever wider ranges read 200,000 lines
-- (30 ms) of a tenant whose last burst lay three days back; this reads one. SECURITY DEFINER, so it may read the table: of
-- the tenant of the setting, as the views do, and of none without it.
CREATE FUNCTION hub.newest_flush(back interval, OUT began_at timestamptz, OUT flushes int8)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    -- The planner cannot know how few lines there are, and starting helpers takes longer than counting them.
    SET max_parallel_workers_per_gather = 0
    AS $$
DECLARE
    tenant int4 := hub.cur_tenant();
BEGIN
    -- A range of one tenant, ordered by it: only ingest_ledger_tenant_flushed is in this order. Walking the index by moment
    -- alone, back to the last line of a tenant that is quiet, would read everybody's.
    SELECT l.flushed_at INTO began_at FROM hub.ingest_ledger l
     WHERE l.tenant_id >= tenant AND l.tenant_id <= tenant
     ORDER BY l.tenant_id DESC, l.flushed_at DESC LIMIT 1;
    SELECT count(*) INTO flushes FROM hub.ingest_ledger l
     WHERE l.tenant_id = tenant AND l.flushed_at > began_at - back;
END
$$;
GRANT EXECUTE ON FUNCTION hub.newest_flush(interval) TO hub_reader;
