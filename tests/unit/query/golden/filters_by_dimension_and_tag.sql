WITH level AS (
  SELECT NULL::timestamptz AS bucket, sum(events)::int8 AS events, sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens + input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, sum(latency_us_sum) AS latency_us_sum, sum(latency_count)::int8 AS latency_count, string_agg(latency_sketch, ''::bytea) AS latency_sketch
  FROM hub_read.usage_1d
  WHERE tenant_id = %(tenant_id)s::int4
    AND bucket >= %(d0_from)s::timestamptz AND bucket < %(d0_to)s::timestamptz
    AND series_id = ANY(ARRAY(SELECT series_id FROM hub_read.series WHERE tenant_id = %(tenant_id)s::int4 AND COALESCE(provider, '') = ANY(%(filter0_values)s::text[]) AND COALESCE(tags ->> %(filter1)s::text, '') = ANY(%(filter1_values)s::text[])))
)
SELECT bucket, false AS other, events, total_tokens, unpriced_events, partial_events, estimated_events, unpriced_tokens, latency_us_sum, latency_count, latency_sketch FROM level ORDER BY bucket

-- tenant_id = 7
-- d0_from = datetime(2026, 11, 3, 0, 0, tzinfo=timezone.utc)
-- d0_to = datetime(2026, 11, 4, 0, 0, tzinfo=timezone.utc)
-- filter0_values = ['openai', 'anthropic']
-- filter1_values = ["it's; DROP TABLE"]
-- filter1 = 'team'
