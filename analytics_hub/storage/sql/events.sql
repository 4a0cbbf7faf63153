-- Raw events, read as hub_reader through the barrier views by event_store.py.

-- name: kept
SELECT transaction_timestamp(),
       (SELECT events_dropped_before FROM hub_read.rollup_retention),
       (SELECT declared_tags FROM hub_read.tenants WHERE tenant_id = %(tenant_id)s::int4)

-- name: series
-- Which series the filters choose. A filter that is NULL was not asked for.
SELECT array_agg(series_id)
  FROM hub_read.series
 WHERE tenant_id = %(tenant_id)s::int4
   AND (%(provider)s::text[] IS NULL OR provider = ANY (%(provider)s::text[]))
   AND (%(provider_account)s::text[] IS NULL OR provider_account = ANY (%(provider_account)s::text[]))
   AND (%(model)s::text[] IS NULL OR model = ANY (%(model)s::text[]))
   AND (%(operation)s::text[] IS NULL OR operation = ANY (%(operation)s::text[]))
   AND (%(service_tier)s::text[] IS NULL OR service_tier = ANY (%(service_tier)s::text[]))
   AND (%(environment)s::text[] IS NULL OR environment = ANY (%(environment)s::text[]))
   AND (%(project)s::text[] IS NULL OR project = ANY (%(project)s::text[]))
   AND (%(status)s::text[] IS NULL OR status = ANY (%(status)s::text[]))
   AND NOT (%(errors_only)s::bool AND status = 'ok')
   AND NOT EXISTS (
       SELECT FROM jsonb_each(%(tags)s::jsonb) AS wanted (key, choice)
        WHERE NOT wanted.choice ? coalesce(tags ->> wanted.key, ''))

-- name: places
-- One window of time. What a filter does not ask for is NULL. The function tests the tenant, as the views do.
-- all tenants: hub.newest_event_places() reads those of hub.cur_tenant()
SELECT ts, event_key
  FROM hub.newest_event_places(
    %(start)s::timestamptz, %(before_at)s::timestamptz, %(before_key)s::uuid, %(limit)s::int4, %(series)s::int8[],
    %(source)s::text[], %(id)s::text[], %(user)s::text[], %(session)s::text[], %(api_key_id)s::text[], %(agent)s::text[],
    %(region)s::text[], %(trace_id)s::text[], %(error_type)s::text[], %(cost_status)s::int2[])

-- name: events
-- Those at the given places, newest first, and a few more: the key of one place and the moment of another may be a third
-- event. The outermost places are named beside all moments: without them a moment that a hundred thousand events share
-- would be read whole, and the columnstore knows the bounds of a batch only.
-- OFFSET 0 looks up each event's series by its key. As a join the planner, who expects one event, reads all series of the
-- tenant again for each of a hundred.
SELECT e.event_key, e.ts, e.received_at, e.source, e.event_id, coalesce(e.user_id, ''), coalesce(e.session_id, ''),
       coalesce(e.api_key_id, ''), coalesce(e.agent, ''), coalesce(e.region, ''), coalesce(e.trace_id, ''),
       coalesce(e.span_id, ''), coalesce(e.error_type, ''),
       ARRAY[s.provider, s.provider_account, s.model, s.operation, s.service_tier, s.environment, s.project, s.status],
       coalesce(s.tags, '{}') || e.tags,
       ARRAY[e.input_tokens, e.cache_read_tokens, e.cache_write_5m_tokens, e.cache_write_1h_tokens, e.input_audio_tokens,
             e.input_image_tokens, e.output_tokens, e.output_reasoning_tokens, e.output_audio_tokens],
       e.web_searches, e.latency_us, e.ttft_us,
       ARRAY[e.cost_input_pico_usd, e.cost_cache_read_pico_usd, e.cost_cache_write_pico_usd, e.cost_output_pico_usd,
             e.cost_other_pico_usd],
       e.cost_status, e.price_id
  FROM (
    SELECT *
      FROM hub_read.usage_events
     WHERE tenant_id = %(tenant_id)s::int4
       AND ts >= %(oldest_at)s::timestamptz AND ts <= %(newest_at)s::timestamptz
       AND (ts, event_key) >= (%(oldest_at)s::timestamptz, %(oldest_key)s::uuid)
       AND (ts, event_key) <= (%(newest_at)s::timestamptz, %(newest_key)s::uuid)
       AND ts = ANY (%(moments)s::timestamptz[])
  ) AS e
  LEFT JOIN LATERAL (
    SELECT * FROM hub_read.series WHERE tenant_id = %(tenant_id)s::int4 AND series_id = e.series_id OFFSET 0
  ) AS s ON true
 ORDER BY e.ts DESC, e.event_key DESC
