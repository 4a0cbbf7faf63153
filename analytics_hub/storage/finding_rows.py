"""Rows of forecasts, anomalies and incidents as values, and back: for those who read them and for those who write them.

In: rows in the order of the columns of `sql/findings.sql`, or domain values. Out: the other one.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson
from psycopg.types.json import Jsonb

from analytics_hub.domain.access import Actor, ActorKind
from analytics_hub.domain.forecast import (
    BacktestError,
    ForecastAccuracy,
    ForecastPoint,
    History,
    SeriesForecast,
)
from analytics_hub.domain.incident import (
    Anomaly,
    Contribution,
    Feedback,
    Incident,
    IncidentId,
    IncidentKind,
    Note,
    Place,
)

_Row = Sequence[Any]


def forecast_of(row: _Row) -> SeriesForecast:
    (
        metric, dimension, value, step_s, starts, points, low_80, high_80, low_95, high_95, model, history,
        trained_from, trained_to, mase, wape, fits, made_at,
    ) = row  # fmt: skip
    buckets = zip(starts, points, low_80, high_80, low_95, high_95, strict=True)
    return SeriesForecast(
        metric,
        dimension,
        value,
        step_s,
        tuple(ForecastPoint(start.astimezone(UTC), *values) for start, *values in buckets),
        model,
        History(history),
        _utc(trained_from),
        _utc(trained_to),
        None if fits is None else BacktestError(mase, wape, fits),
        made_at.astimezone(UTC),
    )


def forecast_args(forecast: SeriesForecast, as_of: datetime) -> dict[str, Any]:
    points, error = forecast.points, forecast.error
    return {
        "dimension": forecast.dimension,
        "value": forecast.value,
        "metric": forecast.metric,
        "step_s": forecast.step_s,
        "as_of": as_of,
        "made_at": forecast.made_at,
        "model": forecast.model,
        "history": forecast.history.value,
        "trained_from": forecast.trained_from,
        "trained_to": forecast.trained_to,
        "mase": error and error.mase,
        "wape": error and error.wape,
        "fits": error and error.fits,
        "starts": [point.start for point in points],
        "points": [point.value for point in points],
        "low_80": [point.low_80 for point in points],
        "high_80": [point.high_80 for point in points],
        "low_95": [point.low_95 for point in points],
        "high_95": [point.high_95 for point in points],
    }


def accuracy_of(row: _Row) -> ForecastAccuracy:
    week, dimension, value, metric, step_s, buckets, wape, naive_wape, coverage_80, coverage_95, made_at = row
    return ForecastAccuracy(
        week.astimezone(UTC),
        dimension,
        value,
        metric,
        step_s,
        buckets,
        wape,
        naive_wape,
        coverage_80,
        coverage_95,
        made_at.astimezone(UTC),
    )


def anomaly_of(row: _Row) -> Anomaly:
    metric, dimension, value, bucket, *rest = row
    return Anomaly(metric, Place(dimension, value), bucket.astimezone(UTC), *rest)


def anomaly_args(anomaly: Anomaly) -> dict[str, Any]:
    return {
        "bucket": anomaly.start,
        "metric": anomaly.metric,
        "dimension": anomaly.place.dimension,
        "value": anomaly.place.value,
        "detector": anomaly.detector,
        "score": anomaly.score,
        "observed": anomaly.observed,
        "expected": anomaly.expected,
        "low": anomaly.low,
        "high": anomaly.high,
        "incident_id": anomaly.incident_id,
    }


def incident_of(row: _Row) -> Incident:
    (
        incident_id, kind, metric, dimension, value, began_at, last_at, found_at, ended, observed, expected, impact_usd,
        metrics, detectors, contributions, told_at, acknowledged_at, acknowledged_kind, acknowledged_by, feedback,
        feedback_at, feedback_kind, feedback_by, at_stake_usd,
    ) = row  # fmt: skip
    return Incident(
        IncidentId(incident_id),
        IncidentKind(kind),
        metric,
        Place(dimension, value),
        began_at.astimezone(UTC),
        last_at.astimezone(UTC),
        found_at.astimezone(UTC),
        ended,
        observed,
        expected,
        impact_usd,
        tuple(metrics),
        tuple(detectors),
        tuple(Contribution(**one) for one in contributions),
        _utc(told_at),
        _note(acknowledged_kind, acknowledged_by, acknowledged_at),
        None if feedback is None else Feedback(feedback),
        _note(feedback_kind, feedback_by, feedback_at),
        at_stake_usd,
    )


def incident_args(incident: Incident) -> dict[str, Any]:
    """What a job says; not what people said."""
    contributions = [asdict(one) for one in incident.contributions]
    return {
        "incident_id": incident.incident_id,
        "kind": incident.kind.value,
        "metric": incident.metric,
        "dimension": incident.place.dimension,
        "value": incident.place.value,
        "began_at": incident.began_at,
        "last_at": incident.last_at,
        "found_at": incident.found_at,
        "ended": incident.ended,
        "observed": incident.observed,
        "expected": incident.expected,
        "impact_usd": incident.impact_usd,
        "metrics": list(incident.metrics),
        "detectors": list(incident.detectors),
        "contributions": Jsonb(contributions, dumps=orjson.dumps),
        "told_at": incident.told_at,
        "at_stake_usd": incident.at_stake_usd,
    }


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(UTC)


def _note(kind: str | None, name: str | None, at: datetime | None) -> Note | None:
    if kind is None or name is None or at is None:
        return None
    return Note(Actor(ActorKind(kind), name), at.astimezone(UTC))
