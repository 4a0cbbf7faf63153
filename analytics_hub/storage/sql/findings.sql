-- What the jobs found: written as hub_maint in the transaction of one tenant, read as hub_reader through the barrier
-- views, answered as hub_reader through functions that take the tenant from the transaction.

-- name: newest_forecasts
SELECT DISTINCT ON (metric, step_s)
       metric, dimension, value, step_s, starts, points, low_80, high_80, low_95, high_95, model, history,
       trained_from, trained_to, mase, wape, fits, made_at
  FROM hub_read.forecasts
 WHERE tenant_id = %(tenant_id)s AND dimension = %(dimension)s AND value = %(value)s AND metric = ANY (%(metrics)s)
 ORDER BY metric, step_s, as_of DESC

-- name: accuracies
-- Of the whole tenant: nothing else is judged.
SELECT week, dimension, value, metric, step_s, buckets, wape, naive_wape, coverage_80, coverage_95, made_at
  FROM hub_read.forecast_accuracy
 WHERE tenant_id = %(tenant_id)s AND week >= %(start)s AND week < %(end)s AND dimension = ''
 ORDER BY week DESC, metric COLLATE "C", step_s

-- name: anomalies
SELECT metric, dimension, value, bucket, detector, score, observed, expected, low, high, incident_id
  FROM (SELECT a.*, md5(concat_ws(chr(31), a.metric, a.dimension, a.value, a.detector)) COLLATE "C" AS key
          FROM hub_read.anomalies a) AS found
 WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s AND bucket < %(end)s
   AND (%(metrics)s::text[] IS NULL OR metric = ANY (%(metrics)s))
   AND (%(kinds)s::text[] IS NULL AND NOT %(open_only)s OR EXISTS (
        SELECT FROM hub_read.incidents i
         WHERE i.tenant_id = %(tenant_id)s AND i.incident_id = found.incident_id
           AND (%(kinds)s::text[] IS NULL OR i.kind = ANY (%(kinds)s)) AND NOT (%(open_only)s AND i.ended)))
   AND (%(after_at)s::timestamptz IS NULL OR (bucket, key) < (%(after_at)s, %(after_key)s COLLATE "C"))
 ORDER BY bucket DESC, key DESC
 LIMIT %(limit)s

-- name: incidents
SELECT incident_id, kind, metric, dimension, value, began_at, last_at, found_at, ended, observed, expected,
       impact_usd, metrics, detectors, contributions, told_at, acknowledged_at, acknowledged_kind, acknowledged_by,
       feedback, feedback_at, feedback_kind, feedback_by, at_stake_usd
  FROM hub_read.incidents
 WHERE tenant_id = %(tenant_id)s AND began_at >= %(start)s AND began_at < %(end)s
   AND (%(metrics)s::text[] IS NULL OR metric = ANY (%(metrics)s) OR metrics && %(metrics)s)
   AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s))
   AND NOT (%(open_only)s AND ended)
   AND (%(after_at)s::timestamptz IS NULL OR (began_at, incident_id) < (%(after_at)s, %(after_id)s::uuid))
 ORDER BY began_at DESC, incident_id DESC
 LIMIT %(limit)s

-- name: incident
SELECT incident_id, kind, metric, dimension, value, began_at, last_at, found_at, ended, observed, expected,
       impact_usd, metrics, detectors, contributions, told_at, acknowledged_at, acknowledged_kind, acknowledged_by,
       feedback, feedback_at, feedback_kind, feedback_by, at_stake_usd
  FROM hub_read.incidents
 WHERE tenant_id = %(tenant_id)s AND incident_id = %(incident_id)s

-- name: recent_incidents
-- Those that may go on or be repeated, and those that people have judged: what the job that looks for new ones must know.
SELECT incident_id, kind, metric, dimension, value, began_at, last_at, found_at, ended, observed, expected,
       impact_usd, metrics, detectors, contributions, told_at, acknowledged_at, acknowledged_kind, acknowledged_by,
       feedback, feedback_at, feedback_kind, feedback_by, at_stake_usd
  FROM hub.incidents
 WHERE tenant_id = %(tenant_id)s
   AND (last_at >= %(since)s OR feedback IS NOT NULL AND last_at >= %(judged_since)s)
 ORDER BY began_at DESC, incident_id DESC
 LIMIT %(limit)s

-- name: not_alerted
-- Told incidents of which nobody was called: held until the end of the transaction, so that two jobs call once.
SELECT incident_id, kind, metric, dimension, value, began_at, last_at, found_at, ended, observed, expected,
       impact_usd, metrics, detectors, contributions, told_at, acknowledged_at, acknowledged_kind, acknowledged_by,
       feedback, feedback_at, feedback_kind, feedback_by, at_stake_usd
  FROM hub.incidents
 WHERE tenant_id = %(tenant_id)s AND told_at IS NOT NULL AND alerted_at IS NULL
 ORDER BY began_at, incident_id
 LIMIT %(limit)s
 FOR UPDATE SKIP LOCKED

-- name: mark_alerted
UPDATE hub.incidents SET alerted_at = %(at)s
 WHERE tenant_id = %(tenant_id)s AND incident_id = ANY (%(incident_ids)s)

-- name: forecasts_as_of
-- Of the range, the oldest first: what is measured against what came.
SELECT metric, dimension, value, step_s, starts, points, low_80, high_80, low_95, high_95, model, history,
       trained_from, trained_to, mase, wape, fits, made_at
  FROM hub.forecasts
 WHERE tenant_id = %(tenant_id)s AND as_of >= %(start)s AND as_of < %(end)s
 ORDER BY as_of, metric, step_s, dimension, value

-- name: put_accuracy
INSERT INTO hub.forecast_accuracy (tenant_id, week, dimension, value, metric, step_s, buckets, wape, naive_wape,
    coverage_80, coverage_95, made_at)
VALUES (%(tenant_id)s, %(week)s, %(dimension)s, %(value)s, %(metric)s, %(step_s)s, %(buckets)s, %(wape)s,
    %(naive_wape)s, %(coverage_80)s, %(coverage_95)s, %(made_at)s)
ON CONFLICT (tenant_id, week, dimension, value, metric, step_s) DO UPDATE SET
    buckets = excluded.buckets, wape = excluded.wape, naive_wape = excluded.naive_wape,
    coverage_80 = excluded.coverage_80, coverage_95 = excluded.coverage_95, made_at = excluded.made_at

-- name: drop_anomalies_from
DELETE FROM hub.anomalies WHERE tenant_id = %(tenant_id)s AND bucket >= %(start)s

-- name: acknowledge
-- all tenants: the function takes the tenant of the transaction
SELECT hub.acknowledge_incident(%(incident_id)s, %(kind)s, %(name)s, %(at)s)

-- name: give_feedback
-- all tenants: the function takes the tenant of the transaction
SELECT hub.give_incident_feedback(%(incident_id)s, %(feedback)s, %(kind)s, %(name)s, %(at)s)

-- name: put_forecast
INSERT INTO hub.forecasts (tenant_id, dimension, value, metric, step_s, as_of, made_at, model, history, trained_from,
    trained_to, mase, wape, fits, starts, points, low_80, high_80, low_95, high_95)
VALUES (%(tenant_id)s, %(dimension)s, %(value)s, %(metric)s, %(step_s)s, %(as_of)s, %(made_at)s, %(model)s,
    %(history)s, %(trained_from)s, %(trained_to)s, %(mase)s, %(wape)s, %(fits)s, %(starts)s, %(points)s, %(low_80)s,
    %(high_80)s, %(low_95)s, %(high_95)s)
ON CONFLICT (tenant_id, dimension, value, metric, step_s, as_of) DO UPDATE SET
    made_at = excluded.made_at, model = excluded.model, history = excluded.history,
    trained_from = excluded.trained_from, trained_to = excluded.trained_to, mase = excluded.mase,
    wape = excluded.wape, fits = excluded.fits, starts = excluded.starts, points = excluded.points,
    low_80 = excluded.low_80, high_80 = excluded.high_80, low_95 = excluded.low_95, high_95 = excluded.high_95

-- name: put_anomaly
INSERT INTO hub.anomalies (tenant_id, bucket, metric, dimension, value, detector, score, observed, expected, low, high,
    incident_id)
VALUES (%(tenant_id)s, %(bucket)s, %(metric)s, %(dimension)s, %(value)s, %(detector)s, %(score)s, %(observed)s,
    %(expected)s, %(low)s, %(high)s, %(incident_id)s)
ON CONFLICT (tenant_id, bucket, metric, dimension, value, detector) DO UPDATE SET
    score = excluded.score, observed = excluded.observed, expected = excluded.expected, low = excluded.low,
    high = excluded.high, incident_id = excluded.incident_id

-- name: put_incident
-- What people said stays, and so do the moments when it was found and told first.
INSERT INTO hub.incidents AS known (tenant_id, incident_id, kind, metric, dimension, value, began_at, last_at, found_at,
    ended, observed, expected, impact_usd, metrics, detectors, contributions, told_at,
    at_stake_usd)
VALUES (%(tenant_id)s, %(incident_id)s, %(kind)s, %(metric)s, %(dimension)s, %(value)s, %(began_at)s, %(last_at)s,
    %(found_at)s, %(ended)s, %(observed)s, %(expected)s, %(impact_usd)s, %(metrics)s, %(detectors)s,
    %(contributions)s, %(told_at)s, %(at_stake_usd)s)
ON CONFLICT (tenant_id, incident_id) DO UPDATE SET
    kind = excluded.kind, metric = excluded.metric, dimension = excluded.dimension, value = excluded.value,
    began_at = excluded.began_at, last_at = excluded.last_at, ended = excluded.ended, observed = excluded.observed,
    expected = excluded.expected, impact_usd = excluded.impact_usd, metrics = excluded.metrics,
    detectors = excluded.detectors, contributions = excluded.contributions,
    told_at = coalesce(known.told_at, excluded.told_at), at_stake_usd = excluded.at_stake_usd, changed_at = now()
 WHERE (known.kind, known.metric, known.dimension, known.value, known.began_at, known.last_at, known.ended,
        known.observed, known.expected, known.impact_usd, known.metrics, known.detectors, known.contributions,
        known.told_at, known.at_stake_usd)
       IS DISTINCT FROM
       (excluded.kind, excluded.metric, excluded.dimension, excluded.value, excluded.began_at, excluded.last_at,
        excluded.ended, excluded.observed, excluded.expected, excluded.impact_usd, excluded.metrics,
        excluded.detectors, excluded.contributions, coalesce(known.told_at, excluded.told_at), excluded.at_stake_usd)

-- name: drop_old_forecasts
DELETE FROM hub.forecasts WHERE tenant_id = %(tenant_id)s AND as_of < %(before)s

-- name: drop_old_anomalies
DELETE FROM hub.anomalies WHERE tenant_id = %(tenant_id)s AND bucket < %(before)s

-- name: drop_old_incidents
DELETE FROM hub.incidents WHERE tenant_id = %(tenant_id)s AND last_at < %(before)s

-- name: drop_old_accuracy
DELETE FROM hub.forecast_accuracy WHERE tenant_id = %(tenant_id)s AND week < %(before)s
