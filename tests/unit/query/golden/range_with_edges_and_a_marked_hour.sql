WITH level AS (
  SELECT NULL::timestamptz AS bucket, sum(events)::int8 AS events, sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens + input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, sum(cost_input_pico_usd) + sum(cost_cache_read_pico_usd) + sum(cost_cache_write_pico_usd) + sum(cost_output_pico_usd) + sum(cost_other_pico_usd) AS cost_pico_usd
  FROM hub_read.usage_1h_facet
  WHERE tenant_id = %(tenant_id)s::int4
    AND bucket >= %(fh_from)s::timestamptz AND bucket < %(fh_to)s::timestamptz
    AND ((bucket >= %(fh0_from)s::timestamptz AND bucket < %(fh0_to)s::timestamptz) OR (bucket >= %(fh1_from)s::timestamptz AND bucket < %(fh1_to)s::timestamptz))
    AND dimension = %(facet)s::text
  UNION ALL
  SELECT NULL::timestamptz AS bucket, sum(events)::int8 AS events, sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens + input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, sum(cost_input_pico_usd) + sum(cost_cache_read_pico_usd) + sum(cost_cache_write_pico_usd) + sum(cost_output_pico_usd) + sum(cost_other_pico_usd) AS cost_pico_usd
  FROM hub_read.usage_1m_total
  WHERE tenant_id = %(tenant_id)s::int4
    AND bucket >= %(tm0_from)s::timestamptz AND bucket < %(tm0_to)s::timestamptz
  UNION ALL
  SELECT NULL::timestamptz AS bucket, sum(events)::int8 AS events, sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens + input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, sum(cost_input_pico_usd) + sum(cost_cache_read_pico_usd) + sum(cost_cache_write_pico_usd) + sum(cost_output_pico_usd) + sum(cost_other_pico_usd) AS cost_pico_usd
  FROM hub_read.usage_1m
  WHERE tenant_id = %(tenant_id)s::int4
    AND bucket >= %(m0_from)s::timestamptz AND bucket < %(m0_to)s::timestamptz
)
SELECT bucket, false AS other, sum(events)::int8 AS events, sum(total_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, sum(cost_pico_usd) AS cost_pico_usd
FROM level GROUP BY bucket ORDER BY bucket

-- tenant_id = 7
-- fh0_from = datetime(2026, 11, 1, 23, 0, tzinfo=timezone.utc)
-- fh0_to = datetime(2026, 11, 2, 5, 0, tzinfo=timezone.utc)
-- fh1_from = datetime(2026, 11, 2, 6, 0, tzinfo=timezone.utc)
-- fh1_to = datetime(2026, 11, 3, 0, 0, tzinfo=timezone.utc)
-- fh_from = datetime(2026, 11, 1, 23, 0, tzinfo=timezone.utc)
-- fh_to = datetime(2026, 11, 3, 0, 0, tzinfo=timezone.utc)
-- facet = ''
-- tm0_from = datetime(2026, 11, 1, 22, 30, tzinfo=timezone.utc)
-- tm0_to = datetime(2026, 11, 1, 23, 0, tzinfo=timezone.utc)
-- m0_from = datetime(2026, 11, 2, 5, 0, tzinfo=timezone.utc)
-- m0_to = datetime(2026, 11, 2, 6, 0, tzinfo=timezone.utc)
