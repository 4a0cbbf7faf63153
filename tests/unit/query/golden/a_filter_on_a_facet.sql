WITH level AS (
  SELECT NULL::timestamptz AS bucket, sum(events)::int8 AS events, sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens + input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens
  FROM hub_read.usage_1d_facet
  WHERE tenant_id = %(tenant_id)s::int4
    AND bucket >= %(fd0_from)s::timestamptz AND bucket < %(fd0_to)s::timestamptz
    AND dimension = %(facet)s::text
    AND value = ANY(%(filter0_values)s::text[])
)
SELECT bucket, false AS other, events, total_tokens, unpriced_events, partial_events, estimated_events, unpriced_tokens FROM level ORDER BY bucket

-- tenant_id = 7
-- fd0_from = datetime(2026, 11, 3, 0, 0, tzinfo=timezone.utc)
-- fd0_to = datetime(2026, 11, 4, 0, 0, tzinfo=timezone.utc)
-- facet = 'provider'
-- filter0_values = ['openai']
