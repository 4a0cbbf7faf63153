WITH grouped AS MATERIALIZED (
  SELECT bucket, COALESCE(model, '') AS g0, COALESCE(tags ->> %(group1)s::text, '') AS g1, sum(events)::int8 AS events, sum(total_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, sum(cost_pico_usd) AS cost_pico_usd, sum(errors)::int8 AS errors
  FROM (
  SELECT NULL::timestamptz AS bucket, series_id, sum(events)::int8 AS events, sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens + input_image_tokens + output_tokens + output_reasoning_tokens + output_audio_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, sum(cost_input_pico_usd) + sum(cost_cache_read_pico_usd) + sum(cost_cache_write_pico_usd) + sum(cost_output_pico_usd) + sum(cost_other_pico_usd) AS cost_pico_usd, sum(errors)::int8 AS errors
  FROM hub_read.usage_1d
  WHERE tenant_id = %(tenant_id)s::int4
    AND bucket >= %(d0_from)s::timestamptz AND bucket < %(d0_to)s::timestamptz
  GROUP BY 2
  ) AS level LEFT JOIN (SELECT * FROM hub_read.series WHERE tenant_id = %(tenant_id)s::int4) AS series USING (series_id)
  GROUP BY 1, 2, 3
)
, ranked AS (
  SELECT g0, g1, row_number() OVER (ORDER BY (sum(errors)) / NULLIF((sum(events)), 0) DESC NULLS LAST, g0 COLLATE "C", g1 COLLATE "C") AS rank
  FROM grouped GROUP BY g0, g1
)
SELECT bucket, rank > %(groups_max)s::int8 AS other, CASE WHEN rank > %(groups_max)s::int8 THEN '' ELSE g0 END AS g0, CASE WHEN rank > %(groups_max)s::int8 THEN '' ELSE g1 END AS g1, sum(events)::int8 AS events, sum(total_tokens)::int8 AS total_tokens, sum(unpriced_events)::int8 AS unpriced_events, sum(partial_events)::int8 AS partial_events, sum(estimated_events)::int8 AS estimated_events, sum(unpriced_tokens)::int8 AS unpriced_tokens, sum(cost_pico_usd) AS cost_pico_usd, sum(errors)::int8 AS errors
FROM grouped JOIN ranked USING (g0, g1)
GROUP BY 1, 2, 3, 4
ORDER BY other, min(rank), bucket

-- tenant_id = 7
-- group1 = 'team'
-- d0_from = datetime(2026, 11, 3, 0, 0, tzinfo=timezone.utc)
-- d0_to = datetime(2026, 11, 4, 0, 0, tzinfo=timezone.utc)
-- groups_max = 5
