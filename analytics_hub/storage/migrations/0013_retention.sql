-- depends: 0011_timescale 0012_closer_rights
-- Retention: old days are dropped whole, and chunks of columns are compacted, so that no snapshot is ever wrong.
--
-- Dropping, emptying and compacting show in snapshots older than they are: a reader would miss rows without knowing.
-- So everybody who needs a snapshot takes ACCESS SHARE on hub.rollup_retention before it (storage/connections.py), and
-- the functions here take ACCESS EXCLUSIVE on it as their last wait: older snapshots are gone then, newer ones come
-- after the commit and find the new horizon. Order of locks: first the parts, EXCLUSIVE, so that no writer adds to them
-- and readers go on; last hub.rollup_retention, for the moment of the drop. lock_timeout is the caller's and bounds the
-- wait of those who queue behind. hub_maint calls them, each in a transaction of its own, READ COMMITTED (a statement must
-- see what was committed while it waited).

-- The parts of a time table that end at or before a moment: day partitions, or chunks, oldest first.
CREATE FUNCTION hub.parts_before(name text, before timestamptz)
    RETURNS TABLE (part regclass, starts timestamptz, ends timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF hub.engine() = 'plain' THEN
        RETURN QUERY
            SELECT c.oid::regclass, d.day, d.day + INTERVAL '24 hours'
            FROM pg_inherits i
            JOIN pg_class c ON c.oid = i.inhrelid
            CROSS JOIN LATERAL (SELECT to_timestamp(right(c.relname, 8) || '+00', 'YYYYMMDDTZH') AS day) AS d
            WHERE i.inhparent = format('hub.%I', parts_before.name)::regclass AND d.day + INTERVAL '24 hours' <= before
            ORDER BY 2;
    ELSE
        RETURN QUERY
            SELECT format('%I.%I', k.chunk_schema, k.chunk_name)::regclass, k.range_start, k.range_end
            FROM timescaledb_information.chunks k
            WHERE k.hypertable_schema = 'hub' AND k.hypertable_name = parts_before.name AND k.range_end <= before
            ORDER BY 2;
    END IF;
END
$$;
GRANT EXECUTE ON FUNCTION hub.parts_before(text, timestamptz) TO hub_maint;

-- Raises when something below `before` is not closed: its hours would be closed from less than there was.
CREATE FUNCTION hub.require_closed(before timestamptz) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF EXISTS (SELECT FROM hub.rollup_marks WHERE hour < before)
       OR EXISTS (SELECT FROM hub.rollup_day_marks WHERE day < before) THEN
        RAISE EXCEPTION 'hours before % are not closed', before USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END
$$;

-- Drops what a level has before a moment and says so in hub.rollup_retention; returns the events it booked.
-- The dropped events stay in the books: hub.ledger_removals gets them by tenant and hour of receipt.
-- An emptied day partition of minutes stays until its events go too: a loader that has seen the day relies on it. On
-- plain PostgreSQL hours lie in one table and are deleted.
CREATE FUNCTION hub.drop_before(level text, before timestamptz) RETURNS int8
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    plain bool := hub.engine() = 'plain';
    names text[] := CASE level
        WHEN 'events' THEN ARRAY['usage_events']
        WHEN 'minutes' THEN ARRAY['usage_1m', 'usage_1m_total']
        WHEN 'hours' THEN ARRAY['usage_1h', 'usage_1h_facet'] END;
    kept text[] := '{}';
    parts regclass[];
    part regclass;
    day text;
    purged int8 := 0;
BEGIN
    IF names IS NULL OR before IS NULL OR before <> date_bin('1 day', before, '2000-01-01 00:00:00+00')
       OR before > now() - INTERVAL '1 day' THEN
        RAISE EXCEPTION 'drop_before takes events, minutes or hours and a past UTC day, not % and %', level, before
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'drop_before must see what was committed while it waited'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
    PERFORM hub.require_closed(before);
    IF plain THEN
        kept := names[2:];  -- one table each: rows are deleted
        IF level = 'hours' THEN
            kept := names;
        END IF;
    END IF;
    SELECT coalesce(array_agg(p.part ORDER BY p.starts), '{}') INTO parts
    FROM unnest(names) AS n, hub.parts_before(n, before) AS p
    WHERE n <> ALL (kept);
    FOREACH part IN ARRAY parts LOOP
        EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE', part);
    END LOOP;
    -- Again: a writer may have committed its rows and its mark before we had the lock. None can any more.
    PERFORM hub.require_closed(before);
    IF level = 'events' THEN
        FOREACH part IN ARRAY parts LOOP
            purged := purged + hub.account_for_purge(part);
        END LOOP;
    END IF;
    IF cardinality(kept) > 0 THEN
        PERFORM hub.delete_before(kept, before);
    END IF;
    LOCK TABLE hub.rollup_retention IN ACCESS EXCLUSIVE MODE;
    UPDATE hub.rollup_retention r SET
        events_dropped_before = greatest(r.events_dropped_before, before) WHERE level = 'events';
    UPDATE hub.rollup_retention r SET
        minutes_dropped_before = greatest(r.minutes_dropped_before, before) WHERE level = 'minutes';
    UPDATE hub.rollup_retention r SET
        hours_dropped_before = greatest(r.hours_dropped_before, before) WHERE level = 'hours';
    FOREACH part IN ARRAY parts LOOP
        day := right(part::text, 8);  -- of a partition's name; a part that is gone has none
        IF plain AND level = 'minutes' AND to_regclass('hub.usage_events_' || day) IS NOT NULL THEN
            EXECUTE format('TRUNCATE %s', part);
        ELSE
            EXECUTE format('DROP TABLE %s', part);
        END IF;
        IF plain AND level = 'events' THEN
            PERFORM hub.drop_emptied_minutes(day);
        END IF;
    END LOOP;
    RETURN purged;
END
$$;
GRANT EXECUTE ON FUNCTION hub.drop_before(text, timestamptz) TO hub_maint;

-- The minutes of a day whose events are gone (plain PostgreSQL), when they were dropped before.
CREATE FUNCTION hub.drop_emptied_minutes(day text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    minutes regclass := to_regclass('hub.usage_1m_' || day);
    is_empty bool;
BEGIN
    IF minutes IS NULL OR NOT EXISTS (
        SELECT FROM hub.rollup_retention r, hub.parts_before('usage_1m', r.minutes_dropped_before) AS p
        WHERE p.part = minutes
    ) THEN
        RETURN;
    END IF;
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', minutes);
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', minutes) INTO is_empty;
    IF is_empty THEN
        EXECUTE format('DROP TABLE %s', minutes);
    END IF;
END
$$;

-- The rows of one part of usage_events, by tenant and hour of receipt, into the book of what left on purpose.
CREATE FUNCTION hub.account_for_purge(part regclass) RETURNS int8
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    purged int8;
BEGIN
    EXECUTE format($sql$
        WITH booked AS (
            INSERT INTO hub.ledger_removals (tenant_id, hour, reason, events)
            SELECT tenant_id, date_bin('1 hour', received_at, '2000-01-01 00:00:00+00'), 'purged', count(*)
            FROM %s GROUP BY 1, 2
            RETURNING events
        ) SELECT coalesce(sum(events), 0) FROM booked
    $sql$, part) INTO purged;
    RETURN purged;
END
$$;

-- Rows of tables that are not partitioned. Old snapshots go on seeing them: this is a plain deletion.
CREATE FUNCTION hub.delete_before(names text[], before timestamptz) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('DELETE FROM hub.%I WHERE bucket < $1', name) USING before;
    END LOOP;
END
$$;

-- Chunks of columns that rows came into later, with the size of those rows; none on plain PostgreSQL.
CREATE FUNCTION hub.loose_chunks(bytes_min int8)
    RETURNS TABLE (chunk regclass, bytes int8)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF hub.engine() = 'plain' THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT c.oid::regclass, pg_relation_size(c.oid)
        FROM timescaledb_information.chunks k
        JOIN pg_class c ON c.oid = format('%I.%I', k.chunk_schema, k.chunk_name)::regclass
        WHERE k.hypertable_schema = 'hub' AND k.is_compressed AND pg_relation_size(c.oid) >= bytes_min
          -- 8: rows beside the columns. A heap that was compacted keeps its size until it is vacuumed.
          AND _timescaledb_functions.chunk_status(c.oid::regclass) & 8 <> 0
        ORDER BY k.range_start, 1;
END
$$;
GRANT EXECUTE ON FUNCTION hub.loose_chunks(int8) TO hub_maint;

-- Turns those rows into columns too. Readers and writers of the chunk go on during the work; all wait for the commit.
CREATE FUNCTION hub.compact_chunk(chunk regclass) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM hub.loose_chunks(0) AS l WHERE l.chunk = compact_chunk.chunk) THEN
        RAISE EXCEPTION '% is no chunk of ours with loose rows', chunk USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM public.compress_chunk(chunk, true, false);
    LOCK TABLE hub.rollup_retention IN ACCESS EXCLUSIVE MODE;
END
$$;
GRANT EXECUTE ON FUNCTION hub.compact_chunk(regclass) TO hub_maint;

-- Facets and users are read as hours are: the planner must know them too after a bulk load (see 0007_statistics.sql).
CREATE OR REPLACE FUNCTION hub.refresh_statistics() RETURNS bool
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '1s'
    AS $$
BEGIN
    ANALYZE hub.series, hub.usage_1h, hub.usage_1d, hub.usage_1h_facet, hub.usage_1d_facet, hub.usage_1m_total,
        hub.usage_user_1d;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;
