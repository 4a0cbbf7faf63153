WITH grouped AS (
  SELECT bucket, COALESCE(model, '') AS g0, sum(events)::int8 AS events, sum(total_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, string_agg(latency_sketch, ''::bytea) AS latency_sketch
  FROM (
  SELECT bucket AS bucket, series_id, sum(events)::int8 AS events, sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens + input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, string_agg(latency_sketch, ''::bytea) AS latency_sketch
  FROM hub_read.usage_1d
  WHERE tenant_id = %(tenant_id)s::int4
    AND bucket >= %(d0_from)s::timestamptz AND bucket < %(d0_to)s::timestamptz
  GROUP BY 1, 2
  ) AS level LEFT JOIN (SELECT * FROM hub_read.series WHERE tenant_id = %(tenant_id)s::int4) AS series USING (series_id)
  GROUP BY 1, 2
  UNION ALL
  SELECT bucket AS bucket, value AS g0, events AS events, input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens + input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens AS total_tokens, unpriced_events AS unpriced_events, partial_events AS partial_events, estimated_events AS estimated_events, unpriced_tokens AS unpriced_tokens, latency_sketch
  FROM hub_read.usage_1d_facet
  WHERE tenant_id = %(tenant_id)s::int4
    AND bucket >= %(fd_from)s::timestamptz AND bucket < %(fd_to)s::timestamptz
    AND ((bucket >= %(fd0_from)s::timestamptz AND bucket < %(fd0_to)s::timestamptz) OR (bucket >= %(fd1_from)s::timestamptz AND bucket < %(fd1_to)s::timestamptz))
    AND dimension = %(facet)s::text
)
SELECT bucket, false AS other, g0, sum(events)::int8 AS events, sum(total_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, string_agg(latency_sketch, ''::bytea) AS latency_sketch
FROM grouped GROUP BY bucket, g0 ORDER BY g0, bucket

-- tenant_id = 7
-- d0_from = datetime(2026, 11, 4, 0, 0, tzinfo=timezone.utc)
-- d0_to = datetime(2026, 11, 5, 0, 0, tzinfo=timezone.utc)
-- fd0_from = datetime(2026, 11, 3, 0, 0, tzinfo=timezone.utc)
-- fd0_to = datetime(2026, 11, 4, 0, 0, tzinfo=timezone.utc)
-- fd1_from = datetime(2026, 11, 5, 0, 0, tzinfo=timezone.utc)
-- fd1_to = datetime(2026, 11, 6, 0, 0, tzinfo=timezone.utc)
-- fd_from = datetime(2026, 11, 3, 0, 0, tzinfo=timezone.utc)
-- fd_to = datetime(2026, 11, 6, 0, 0, tzinfo=timezone.utc)
-- facet = 'model'
