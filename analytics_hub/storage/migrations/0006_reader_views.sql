-- depends: 0005_prices
-- What a reader sees: one security-barrier view for every table that belongs to tenants, under the same name.
--
-- A view reads with its owner's rights, so hub_reader has none on the tables. The test is a sub-select, which is computed
-- once for a statement; called for each row it was 55 to 70 times slower. security_barrier keeps a reader's own
-- conditions from running before the test, unless they cannot leak (comparisons of timestamptz and int are fine).
-- Columns are named one by one: a column added to a table is not shown to readers by accident.

-- NULL counts are zeros that were not stored. The total of the cost lines exists here only.
CREATE VIEW hub_read.usage_events WITH (security_barrier = true) AS
    SELECT
        tenant_id, ts, event_key, series_id, received_at, source, event_id,
        user_id, session_id, api_key_id, agent, region, trace_id, span_id, error_type,
        coalesce(tags, '{}'::jsonb) AS tags,
        input_tokens,
        coalesce(cache_read_tokens, 0) AS cache_read_tokens,
        coalesce(cache_write_5m_tokens, 0) AS cache_write_5m_tokens,
        coalesce(cache_write_1h_tokens, 0) AS cache_write_1h_tokens,
        coalesce(input_audio_tokens, 0) AS input_audio_tokens,
        coalesce(input_image_tokens, 0) AS input_image_tokens,
        output_tokens,
        coalesce(output_reasoning_tokens, 0) AS output_reasoning_tokens,
        coalesce(output_audio_tokens, 0) AS output_audio_tokens,
        coalesce(web_searches, 0) AS web_searches,
        latency_us, ttft_us,
        cost_input_pico_usd,
        coalesce(cost_cache_read_pico_usd, 0) AS cost_cache_read_pico_usd,
        coalesce(cost_cache_write_pico_usd, 0) AS cost_cache_write_pico_usd,
        cost_output_pico_usd,
        coalesce(cost_other_pico_usd, 0) AS cost_other_pico_usd,
        cost_input_pico_usd + coalesce(cost_cache_read_pico_usd, 0) + coalesce(cost_cache_write_pico_usd, 0)
            + cost_output_pico_usd + coalesce(cost_other_pico_usd, 0) AS cost_pico_usd,
        cost_status, price_id
    FROM hub.usage_events
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.series WITH (security_barrier = true) AS
    SELECT
        tenant_id, series_id, provider, provider_account, model, operation, service_tier, environment, project,
        status, tags
    FROM hub.series
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.usage_1m WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, series_id, kind, events, errors, input_tokens, cache_read_tokens,
        cache_write_5m_tokens, cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens,
        output_reasoning_tokens, output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd,
        cost_cache_write_pico_usd, cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd,
        unpriced_events, partial_events, estimated_events, unpriced_tokens, latency_us_sum, latency_count,
        ttft_us_sum, ttft_count, latency_sketch, ttft_sketch
    FROM hub.usage_1m
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.usage_1h WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, series_id, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
        output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd,
        cost_cache_write_pico_usd, cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd,
        unpriced_events, partial_events, estimated_events, unpriced_tokens, latency_us_sum, latency_count,
        ttft_us_sum, ttft_count, latency_sketch, ttft_sketch
    FROM hub.usage_1h
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.usage_1d WITH (security_barrier = true) AS
    SELECT
        tenant_id, bucket, series_id, events, errors, input_tokens, cache_read_tokens, cache_write_5m_tokens,
        cache_write_1h_tokens, input_audio_tokens, input_image_tokens, output_tokens, output_reasoning_tokens,
        output_audio_tokens, web_searches, cost_input_pico_usd, cost_cache_read_pico_usd,
        cost_cache_write_pico_usd, cost_output_pico_usd, cost_other_pico_usd, provider_reported_cost_pico_usd,
        unpriced_events, partial_events, estimated_events, unpriced_tokens, latency_us_sum, latency_count,
        ttft_us_sum, ttft_count, latency_sketch, ttft_sketch
    FROM hub.usage_1d
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.rollup_marks WITH (security_barrier = true) AS
    SELECT
        tenant_id, hour, flush_id
    FROM hub.rollup_marks
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.rollup_day_marks WITH (security_barrier = true) AS
    SELECT
        tenant_id, day
    FROM hub.rollup_day_marks
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.ingest_ledger WITH (security_barrier = true) AS
    SELECT
        tenant_id, hour, flush_id, received, stored, duplicate, rejected
    FROM hub.ingest_ledger
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.dead_letters WITH (security_barrier = true) AS
    SELECT
        dead_letter_id, tenant_id, received_at, flush_id, origin, position, at_byte, code, field, message,
        payload, payload_truncated
    FROM hub.dead_letters
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.tenants WITH (security_barrier = true) AS
    SELECT
        tenant_id, slug, name, late_horizon, declared_tags, series_max, created_at
    FROM hub.tenants
    WHERE tenant_id = (SELECT hub.cur_tenant());

-- Without the hash: it is nobody's business but authenticate()'s.
CREATE VIEW hub_read.api_keys WITH (security_barrier = true) AS
    SELECT
        key_id, tenant_id, prefix, scopes, created_at, expires_at, revoked_at
    FROM hub.api_keys
    WHERE tenant_id = (SELECT hub.cur_tenant());

-- The same for every tenant: no test.
CREATE VIEW hub_read.price_books WITH (security_barrier = true) AS
    SELECT
        version, source, loaded_at
    FROM hub.price_books;

CREATE VIEW hub_read.prices WITH (security_barrier = true) AS
    SELECT
        price_id, book_version, provider, model, valid_from, prices
    FROM hub.prices;

-- -infinity has no counterpart in most clients; no event is older than 2000.
CREATE VIEW hub_read.rollup_retention WITH (security_barrier = true) AS
    SELECT greatest(minutes_dropped_before, '1970-01-01 00:00:00+00') AS minutes_dropped_before
    FROM hub.rollup_retention;

GRANT SELECT ON ALL TABLES IN SCHEMA hub_read TO hub_reader;
