-- The statements of the flush, run as hub_writer by ingest/flush.py and ingest/postgres. Every COPY names its columns:
-- the order is the binary encoder's (rust_core/core/src/copy), and a test compares the two lists.

-- name: ensure_days
-- all tenants: a day's partition is shared
SELECT hub.ensure_day(%(days)s::date[])

-- name: bound_waits
-- all tenants: bounds of one connection
SELECT set_config('lock_timeout', %(lock_timeout)s, false),
       set_config('statement_timeout', %(statement_timeout)s, false)

-- name: start
-- all tenants: numbers of the transaction itself, and the name by which a frozen one is found
SELECT nextval('hub.flush_id_seq'), pg_current_xact_id()::text,
       set_config('application_name', %(application_name)s, true)

-- name: make_offset
-- all tenants: a partition may carry several
INSERT INTO hub.ingest_offsets (partition_key, next_offset, epoch, updated_at)
VALUES (%(key)s, %(first_offset)s, 0, now())
ON CONFLICT (partition_key) DO NOTHING

-- name: claim_offset
-- all tenants: a partition may carry several
UPDATE hub.ingest_offsets SET epoch = epoch + 1, updated_at = now()
 WHERE partition_key = %(key)s
RETURNING next_offset, epoch

-- name: advance_offset
-- all tenants: a partition may carry several
UPDATE hub.ingest_offsets SET next_offset = %(next_offset)s, updated_at = now()
 WHERE partition_key = %(key)s AND epoch = %(epoch)s AND next_offset = %(expected)s

-- name: read_offset
-- all tenants: a partition may carry several
SELECT next_offset, epoch FROM hub.ingest_offsets WHERE partition_key = %(key)s

-- name: end_blockers
-- all tenants: sessions of one partition's earlier claimants, known by their application name
SELECT count(pg_terminate_backend(pid))
  FROM pg_stat_activity
 WHERE application_name = %(application_name)s AND usename = current_user AND pid <> pg_backend_pid()

-- name: transaction_status
-- all tenants: the outcome of one transaction
SELECT pg_xact_status(%(xid)s::text::xid8)

-- name: make_temp_events
CREATE TEMP TABLE IF NOT EXISTS flush_events (
    row_no int4, tenant_id int4, ts timestamptz, event_key uuid, series_id int8, received_at timestamptz,
    source text, event_id text, user_id text, session_id text, api_key_id text, agent text, region text,
    trace_id text, span_id text, error_type text, tags jsonb,
    input_tokens int8, cache_read_tokens int8, cache_write_5m_tokens int8, cache_write_1h_tokens int8,
    input_audio_tokens int8, input_image_tokens int8, output_tokens int8, output_reasoning_tokens int8,
    output_audio_tokens int8, web_searches int8, latency_us int8, ttft_us int8,
    cost_input_pico_usd int8, cost_cache_read_pico_usd int8, cost_cache_write_pico_usd int8,
    cost_output_pico_usd int8, cost_other_pico_usd int8, cost_status int2, price_id int8
) ON COMMIT DELETE ROWS

-- name: make_temp_keys
CREATE TEMP TABLE IF NOT EXISTS flush_keys (
    row_no int4, tenant_id int4, ts timestamptz, event_key uuid
) ON COMMIT DELETE ROWS

-- name: make_temp_series
CREATE TEMP TABLE IF NOT EXISTS flush_series (
    tenant_id int4, series_id int8, provider text, provider_account text, model text, operation text,
    service_tier text, environment text, project text, status text, tags jsonb
) ON COMMIT DELETE ROWS

-- name: make_temp_dead_letters
-- row_no keeps the order of the COPY, which does not name it.
CREATE TEMP TABLE IF NOT EXISTS flush_dead_letters (
    row_no int8 GENERATED ALWAYS AS IDENTITY,
    tenant_id int4, received_at timestamptz, flush_id int8, origin text, position int8, at_byte int4, code text,
    field text, message text, payload bytea, payload_truncated bool
) ON COMMIT DELETE ROWS

-- name: copy_events
COPY hub.usage_events (
    tenant_id, ts, event_key, series_id, received_at, source, event_id, user_id, session_id, api_key_id, agent,
    region, trace_id, span_id, error_type, tags, input_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
    output_audio_tokens, web_searches, latency_us, ttft_us, cost_input_pico_usd, cost_cache_read_pico_usd,
    cost_cache_write_pico_usd, cost_output_pico_usd, cost_other_pico_usd, cost_status, price_id
) FROM STDIN (FORMAT binary)

-- name: copy_temp_events
COPY pg_temp.flush_events (
    row_no, tenant_id, ts, event_key, series_id, received_at, source, event_id, user_id, session_id, api_key_id, agent,
    region, trace_id, span_id, error_type, tags, input_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
    output_audio_tokens, web_searches, latency_us, ttft_us, cost_input_pico_usd, cost_cache_read_pico_usd,
    cost_cache_write_pico_usd, cost_output_pico_usd, cost_other_pico_usd, cost_status, price_id
) FROM STDIN (FORMAT binary)

-- name: copy_temp_keys
COPY pg_temp.flush_keys (row_no, tenant_id, ts, event_key) FROM STDIN (FORMAT binary)

-- name: engine
-- all tenants: a property of the database
SELECT hub.engine()

-- name: column_days
-- all tenants: a day's chunk is shared. Which of these days lie in columns, at least in part; only where TimescaleDB is.
SELECT coalesce(array_agg(DISTINCT (c.range_start AT TIME ZONE 'UTC')::date), '{}')
  FROM timescaledb_information.chunks c
 WHERE c.hypertable_schema = 'hub' AND c.hypertable_name = 'usage_events' AND c.is_compressed
   AND (c.range_start AT TIME ZONE 'UTC')::date = ANY (%(days)s::date[])

-- name: hint_joins
-- all tenants: a hint for the next statement. The planner knows nothing of the temp table, and little of a new day or of
-- one that has just become columns.
SELECT set_config('enable_nestloop', %(one_by_one)s, true), set_config('enable_seqscan', %(whole_tables)s, true),
       set_config('enable_hashjoin', %(all_at_once)s, true), set_config('enable_mergejoin', %(all_at_once)s, true)

-- name: known_keys_in_columns
-- Takes the keys of these days out of the temp table and answers with the rows whose events are stored. Looked up one by
-- one, each key would unpack every batch of its tenant: the index of columns knows ranges of ts only. So what is near in
-- time is looked up together: the batches of those minutes are unpacked once. OFFSET 0 keeps the range at the index.
WITH keys AS (
    DELETE FROM pg_temp.flush_keys
     WHERE (ts AT TIME ZONE 'UTC')::date = ANY (%(days)s::date[])
    RETURNING row_no, tenant_id, ts, event_key
), stretches AS (
    SELECT tenant_id, min(ts) AS first_ts, max(ts) AS last_ts,
           array_agg(row_no) AS row_nos, array_agg(ts) AS moments, array_agg(event_key) AS event_keys
      FROM keys
     GROUP BY tenant_id, date_bin('10 minutes', ts, '2000-01-01 00:00:00+00')
)
SELECT coalesce(array_agg(found.row_no ORDER BY found.row_no), '{}')
  FROM stretches s
 CROSS JOIN LATERAL (
    SELECT k.row_no
      FROM unnest(s.row_nos, s.moments, s.event_keys) AS k (row_no, ts, event_key)
      JOIN (SELECT u.ts, u.event_key
              FROM hub.usage_events u
             WHERE u.tenant_id = s.tenant_id AND u.ts >= s.first_ts AND u.ts <= s.last_ts
               AND u.ts >= %(start)s::timestamptz AND u.ts < %(end)s::timestamptz
            OFFSET 0) stored USING (ts, event_key)) found

-- name: known_keys
-- The rows whose events are stored: each key by the index, or a whole day would be read for a few. The bounds keep other
-- days out of the plan.
SELECT coalesce(array_agg(k.row_no ORDER BY k.row_no), '{}')
  FROM pg_temp.flush_keys k
 WHERE EXISTS (
    SELECT FROM hub.usage_events u
     WHERE u.tenant_id = k.tenant_id AND u.ts = k.ts AND u.event_key = k.event_key
       AND u.ts >= %(start)s::timestamptz AND u.ts < %(end)s::timestamptz)

-- name: insert_missing_events
-- Sorted, so that two writers meet their common keys in one order. Answers with the rows that were there already.
WITH stored AS (
    INSERT INTO hub.usage_events (
        tenant_id, ts, event_key, series_id, received_at, source, event_id, user_id, session_id, api_key_id, agent,
        region, trace_id, span_id, error_type, tags, input_tokens, cache_read_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
        output_audio_tokens, web_searches, latency_us, ttft_us, cost_input_pico_usd, cost_cache_read_pico_usd,
        cost_cache_write_pico_usd, cost_output_pico_usd, cost_other_pico_usd, cost_status, price_id)
    SELECT
        tenant_id, ts, event_key, series_id, received_at, source, event_id, user_id, session_id, api_key_id, agent,
        region, trace_id, span_id, error_type, tags, input_tokens, cache_read_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
        output_audio_tokens, web_searches, latency_us, ttft_us, cost_input_pico_usd, cost_cache_read_pico_usd,
        cost_cache_write_pico_usd, cost_output_pico_usd, cost_other_pico_usd, cost_status, price_id
      FROM pg_temp.flush_events
     ORDER BY tenant_id, ts, event_key
    ON CONFLICT (tenant_id, ts, event_key) DO NOTHING
    RETURNING tenant_id, ts, event_key
)
SELECT coalesce(array_agg(e.row_no ORDER BY e.row_no), '{}')
  FROM pg_temp.flush_events e
 WHERE NOT EXISTS (
    SELECT FROM stored s WHERE s.tenant_id = e.tenant_id AND s.ts = e.ts AND s.event_key = e.event_key)

-- name: copy_temp_series
COPY pg_temp.flush_series (
    tenant_id, series_id, provider, provider_account, model, operation, service_tier, environment, project, status, tags
) FROM STDIN (FORMAT binary)

-- name: empty_temp_series
DELETE FROM pg_temp.flush_series WHERE tenant_id IS NOT NULL

-- name: lock_series_budgets
-- One lock a tenant, taken in ascending order; a statement of its own, so that the next one sees what it waited for.
SELECT pg_advisory_xact_lock(%(lock_class)s, t.tenant_id)
  FROM (SELECT DISTINCT tenant_id FROM pg_temp.flush_series ORDER BY tenant_id) t

-- name: unknown_series
-- With the number that its tenant has already and may have: the budget covers all dimensions together. Counted once a
-- tenant, not once a series.
WITH budgets AS MATERIALIZED (
    SELECT t.tenant_id, t.series_max, (SELECT count(*) FROM hub.series k WHERE k.tenant_id = t.tenant_id) AS taken
      FROM hub.tenants t
     WHERE t.tenant_id IN (SELECT tenant_id FROM pg_temp.flush_series)
)
SELECT n.tenant_id, n.series_id, coalesce(b.taken, 0), b.series_max
  FROM pg_temp.flush_series n
  LEFT JOIN budgets b ON b.tenant_id = n.tenant_id
  LEFT JOIN hub.series s ON s.tenant_id = n.tenant_id AND s.series_id = n.series_id
 WHERE s.series_id IS NULL
 ORDER BY n.tenant_id, n.series_id

-- name: insert_series
-- Sorted: unsorted, two writers deadlocked in 20 of 20 measured rounds.
INSERT INTO hub.series (
    tenant_id, series_id, provider, provider_account, model, operation, service_tier, environment, project, status, tags)
SELECT
    tenant_id, series_id, provider, provider_account, model, operation, service_tier, environment, project, status, tags
  FROM pg_temp.flush_series
 ORDER BY tenant_id, series_id
ON CONFLICT (tenant_id, series_id) DO NOTHING

-- name: colliding_series
-- Two sets of dimensions under one hash must be seen, never merged.
SELECT n.tenant_id, n.series_id
  FROM pg_temp.flush_series n
  JOIN hub.series s ON s.tenant_id = n.tenant_id AND s.series_id = n.series_id
 WHERE (n.provider, n.provider_account, n.model, n.operation, n.service_tier, n.environment, n.project, n.status, n.tags)
       IS DISTINCT FROM
       (s.provider, s.provider_account, s.model, s.operation, s.service_tier, s.environment, s.project, s.status, s.tags)
 LIMIT 1

-- name: copy_deltas
COPY hub.usage_1m (
    tenant_id, bucket, series_id, kind, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens,
    cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
    output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd, cost_cache_write_pico_usd,
    cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd, unpriced_events, partial_events,
    estimated_events, unpriced_tokens, latency_us_sum, latency_count, ttft_us_sum, ttft_count, latency_sketch,
    ttft_sketch
) FROM STDIN (FORMAT binary)

-- name: copy_marks
COPY hub.rollup_marks (tenant_id, hour, flush_id) FROM STDIN (FORMAT binary)

-- name: copy_ledger
COPY hub.ingest_ledger (tenant_id, hour, flush_id, received, stored, duplicate, rejected) FROM STDIN (FORMAT binary)

-- name: copy_dead_letters
COPY pg_temp.flush_dead_letters (
    tenant_id, received_at, flush_id, origin, position, at_byte, code, field, message, payload, payload_truncated
) FROM STDIN (FORMAT binary)

-- name: bound_lock_wait
-- all tenants: a bound of the rest of this transaction, in which nothing else is waited for
SELECT set_config('lock_timeout', %(lock_timeout)s, true)

-- name: keep_all_dead_letters
INSERT INTO hub.dead_letters (
    tenant_id, received_at, flush_id, origin, position, at_byte, code, field, message, payload, payload_truncated)
SELECT tenant_id, received_at, flush_id, origin, position, at_byte, code, field, message, payload, payload_truncated
  FROM pg_temp.flush_dead_letters
 ORDER BY row_no

-- name: lock_dead_letter_volumes
-- The rows that say how much of each tenant and day is kept, made and locked in ascending order, so that two writers
-- never wait for each other in a circle. A statement of its own: the next one sees what this one waited for.
INSERT INTO hub.dead_letter_volume (tenant_id, day, letters, payload_bytes, counted_only)
SELECT DISTINCT tenant_id, (received_at AT TIME ZONE 'UTC')::date, 0, 0, 0
  FROM pg_temp.flush_dead_letters
 ORDER BY 1, 2
ON CONFLICT (tenant_id, day) DO UPDATE SET letters = hub.dead_letter_volume.letters

-- name: keep_dead_letters
-- In order of arrival: first the payloads go, then the letters. A letter without its payload still says what and where.
WITH numbered AS (
    SELECT d.*, v.day, v.letters + row_number() OVER earlier AS letters_so_far,
           v.payload_bytes + sum(length(d.payload)) OVER earlier <= %(bytes_max)s AS with_payload
      FROM pg_temp.flush_dead_letters d
      JOIN hub.dead_letter_volume v
        ON v.tenant_id = d.tenant_id AND v.day = (d.received_at AT TIME ZONE 'UTC')::date
    WINDOW earlier AS (PARTITION BY d.tenant_id, v.day ORDER BY d.row_no)
), kept AS (
    INSERT INTO hub.dead_letters (
        tenant_id, received_at, flush_id, origin, position, at_byte, code, field, message, payload, payload_truncated)
    SELECT tenant_id, received_at, flush_id, origin, position, at_byte, code, field, message,
           CASE WHEN with_payload THEN payload ELSE ''::bytea END,
           payload_truncated OR (NOT with_payload AND length(payload) > 0)
      FROM numbered
     WHERE letters_so_far <= %(letters_max)s
     ORDER BY row_no
)
UPDATE hub.dead_letter_volume v
   SET letters = v.letters + added.letters,
       payload_bytes = v.payload_bytes + added.payload_bytes,
       counted_only = v.counted_only + added.counted_only
  FROM (
    SELECT tenant_id, day,
           count(*) FILTER (WHERE letters_so_far <= %(letters_max)s) AS letters,
           coalesce(sum(length(payload)) FILTER (WHERE letters_so_far <= %(letters_max)s AND with_payload), 0)
               AS payload_bytes,
           count(*) FILTER (WHERE letters_so_far > %(letters_max)s) AS counted_only
      FROM numbered
     GROUP BY tenant_id, day
  ) AS added
 WHERE v.tenant_id = added.tenant_id AND v.day = added.day
