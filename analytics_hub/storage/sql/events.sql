-- Raw events, read as hub_reader through the barrier views by event_store.py.

-- name: kept
SELECT transaction_timestamp(),
       (SELECT events_dropped_before FROM hub_read.rollup_retention),
       (SELECT declared_tags FROM hub_read.tenants WHERE tenant_id = %(tenant_id)s::int4)

-- name: newest
-- One window of time. Sorted and cut before the series are joined: a window may hold many more events than a page.
-- A filter that is NULL was not asked for; the planner sees the arguments and leaves its line out. The series are a set that
-- is hashed: an array would be searched from its beginning for every event, and `status = ok` chooses most series.
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
       AND ts >= %(start)s::timestamptz AND ts <= %(before_at)s::timestamptz
       AND (ts, event_key) < (%(before_at)s::timestamptz, %(before_key)s::uuid)
       AND (%(any_series)s::bool OR series_id IN (
             SELECT series_id
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
                     WHERE NOT wanted.choice ? coalesce(tags ->> wanted.key, ''))))
       AND (%(source)s::text[] IS NULL OR source = ANY (%(source)s::text[]))
       AND (%(id)s::text[] IS NULL OR event_id = ANY (%(id)s::text[]))
       AND (%(user)s::text[] IS NULL OR coalesce(user_id, '') = ANY (%(user)s::text[]))
       AND (%(session)s::text[] IS NULL OR coalesce(session_id, '') = ANY (%(session)s::text[]))
       AND (%(api_key_id)s::text[] IS NULL OR coalesce(api_key_id, '') = ANY (%(api_key_id)s::text[]))
       AND (%(agent)s::text[] IS NULL OR coalesce(agent, '') = ANY (%(agent)s::text[]))
       AND (%(region)s::text[] IS NULL OR coalesce(region, '') = ANY (%(region)s::text[]))
       AND (%(trace_id)s::text[] IS NULL OR coalesce(trace_id, '') = ANY (%(trace_id)s::text[]))
       AND (%(error_type)s::text[] IS NULL OR coalesce(error_type, '') = ANY (%(error_type)s::text[]))
       AND (%(cost_status)s::int2[] IS NULL OR cost_status = ANY (%(cost_status)s::int2[]))
     ORDER BY ts DESC, event_key DESC
     LIMIT %(limit)s
  ) AS e
  LEFT JOIN (SELECT * FROM hub_read.series WHERE tenant_id = %(tenant_id)s::int4) AS s USING (series_id)
 ORDER BY e.ts DESC, e.event_key DESC
