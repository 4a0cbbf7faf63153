-- depends: 0017_newest_flush
-- Which events of a tenant come next, going back in time: the last raw events without reading what is not shown.
--
-- Events of one tenant lie scattered among those of all others, about one on a page of the heap: to look through a day for
-- the few of a rare series took a page read for every event of that day (16,000 of them: 3.3 s from disk, 0.2 s from
-- memory). With the series in the index the search reads the index alone (136 pages, 6 ms). 8 bytes more an entry.

-- Rebuilds the index of every day that is not columns, while nobody writes or reads events: some 5 s a million events.
ALTER TABLE hub.usage_events
    DROP CONSTRAINT usage_events_pkey,
    ADD CONSTRAINT usage_events_pkey PRIMARY KEY (tenant_id, ts, event_key) INCLUDE (series_id);

-- Places only: the few rows that are shown are read through the barrier view. A filter that is NULL was not asked for.
-- A function, because no ORDER BY … LIMIT passes the barrier of a view. SECURITY DEFINER, so it may read the table: of the
-- tenant of the setting, as the views do, and of none without it.
CREATE FUNCTION hub.newest_event_places(
    start timestamptz, before_at timestamptz, before_key uuid, row_limit int4, series int8[], sources text[], ids text[],
    users text[], sessions text[], api_key_ids text[], agents text[], regions text[], trace_ids text[],
    error_types text[], cost_statuses int2[])
    RETURNS TABLE (ts timestamptz, event_key uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    -- The planner sees the arguments: filters that were not asked for vanish, and the index alone is enough without them.
    SET plan_cache_mode = force_custom_plan
    -- In the order of the index, and no farther than to the last place: whatever the statistics say of a new day, which has
    -- none, the day is never read whole and sorted.
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET max_parallel_workers_per_gather = 0
    AS $$
DECLARE
    tenant int4 := hub.cur_tenant();
BEGIN
    RETURN QUERY
    SELECT e.ts, e.event_key
      FROM hub.usage_events e
     WHERE e.tenant_id = tenant
       AND e.ts >= start AND e.ts <= before_at
       AND (e.ts, e.event_key) < (before_at, before_key)
       AND (series IS NULL OR e.series_id = ANY (series))
       AND (sources IS NULL OR e.source = ANY (sources))
       AND (ids IS NULL OR e.event_id = ANY (ids))
       AND (users IS NULL OR coalesce(e.user_id, '') = ANY (users))
       AND (sessions IS NULL OR coalesce(e.session_id, '') = ANY (sessions))
       AND (api_key_ids IS NULL OR coalesce(e.api_key_id, '') = ANY (api_key_ids))
       AND (agents IS NULL OR coalesce(e.agent, '') = ANY (agents))
       AND (regions IS NULL OR coalesce(e.region, '') = ANY (regions))
       AND (trace_ids IS NULL OR coalesce(e.trace_id, '') = ANY (trace_ids))
       AND (error_types IS NULL OR coalesce(e.error_type, '') = ANY (error_types))
       AND (cost_statuses IS NULL OR e.cost_status = ANY (cost_statuses))
     ORDER BY e.ts DESC, e.event_key DESC
     LIMIT row_limit;
END
$$;
GRANT EXECUTE ON FUNCTION hub.newest_event_places(
    timestamptz, timestamptz, uuid, int4, int8[], text[], text[], text[], text[], text[], text[], text[], text[],
    text[], int2[]) TO hub_reader;
