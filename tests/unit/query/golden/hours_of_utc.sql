WITH level AS (
  SELECT bucket AS bucket, events AS events, input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens + input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens AS total_tokens, unpriced_events AS unpriced_events, partial_events AS partial_events, estimated_events AS estimated_events, unpriced_tokens AS unpriced_tokens
  FROM hub_read.usage_1h_facet
  WHERE tenant_id = %(tenant_id)s::int4
    AND bucket >= %(fh0_from)s::timestamptz AND bucket < %(fh0_to)s::timestamptz
    AND dimension = %(facet)s::text
)
SELECT bucket, false AS other, events, total_tokens, unpriced_events, partial_events, estimated_events, unpriced_tokens FROM level ORDER BY bucket

-- tenant_id = 7
-- fh0_from = datetime(2026, 11, 1, 0, 0, tzinfo=timezone.utc)
-- fh0_to = datetime(2026, 11, 1, 6, 0, tzinfo=timezone.utc)
-- facet = ''
