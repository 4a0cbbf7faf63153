"""The in-memory twin of what the jobs found, and of the desk where people answer: for tests and for understanding.

The real one is `analytics_hub/storage/finding_store.py`; one contract test holds both.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from analytics_hub.domain.access import Actor
from analytics_hub.domain.forecast import ForecastAccuracy, SeriesForecast
from analytics_hub.domain.incident import Anomaly, Feedback, FindingFilter, Incident, IncidentId, Note, Place
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.finding_ports import anomaly_key


class MemoryFindings:
    """A `FindingStore` and an `IncidentDesk`. `put_…` is what a job writes; what is there already is replaced."""

    def __init__(self) -> None:
        self._forecasts: defaultdict[TenantId, list[SeriesForecast]] = defaultdict(list)
        self._accuracies: defaultdict[TenantId, dict[tuple[object, ...], ForecastAccuracy]] = defaultdict(
            dict
        )
        self._anomalies: defaultdict[TenantId, dict[tuple[datetime, str], Anomaly]] = defaultdict(dict)
        self._incidents: defaultdict[TenantId, dict[IncidentId, Incident]] = defaultdict(dict)

    def put_forecasts(self, tenant: TenantId, forecasts: Iterable[SeriesForecast]) -> None:
        self._forecasts[tenant].extend(forecasts)

    def put_accuracy(self, tenant: TenantId, accuracies: Iterable[ForecastAccuracy]) -> None:
        for one in accuracies:
            self._accuracies[tenant][one.week, one.dimension, one.value, one.metric, one.step_s] = one

    def put_anomalies(self, tenant: TenantId, anomalies: Iterable[Anomaly]) -> None:
        for one in anomalies:
            self._anomalies[tenant][one.start, anomaly_key(one)] = one

    def put_incidents(self, tenant: TenantId, incidents: Iterable[Incident]) -> None:
        """What people said of an incident stays."""
        own = self._incidents[tenant]
        for one in incidents:
            said = own.get(one.incident_id, one)
            own[one.incident_id] = replace(
                one,
                acknowledged=said.acknowledged,
                feedback=said.feedback,
                feedback_note=said.feedback_note,
            )

    async def forecasts(
        self, tenant: TenantId, metrics: Sequence[str], place: Place
    ) -> Sequence[SeriesForecast]:
        newest: dict[tuple[str, int], SeriesForecast] = {}
        for one in sorted(self._forecasts[tenant], key=lambda one: one.made_at):
            if one.metric in metrics and Place(one.dimension, one.value) == place:
                newest[one.metric, one.step_s] = one
        return list(newest.values())

    async def accuracies(
        self, tenant: TenantId, start: datetime, end: datetime
    ) -> Sequence[ForecastAccuracy]:
        found = [
            one for one in self._accuracies[tenant].values() if start <= one.week < end and not one.dimension
        ]
        return sorted(found, key=lambda one: (-one.week.timestamp(), one.metric, one.step_s))

    async def anomalies(
        self, question: FindingFilter, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Anomaly]:
        found = [
            (place, one)
            for place, one in self._anomalies[question.tenant].items()
            if question.start <= one.start < question.end
            and (not question.metrics or one.metric in question.metrics)
            and self._belongs(question, one)
            and (after is None or place < after)
        ]
        return [one for _, one in sorted(found, key=lambda pair: pair[0], reverse=True)[:limit]]

    async def incidents(
        self, question: FindingFilter, after: tuple[datetime, IncidentId] | None, limit: int
    ) -> Sequence[Incident]:
        found = [
            one
            for one in self._incidents[question.tenant].values()
            if question.start <= one.began_at < question.end
            and (not question.metrics or {one.metric, *one.metrics} & set(question.metrics))
            and (not question.kinds or one.kind in question.kinds)
            and not (question.open_only and one.ended)
            and (after is None or (one.began_at, one.incident_id) < after)
        ]
        return sorted(found, key=lambda one: (one.began_at, one.incident_id), reverse=True)[:limit]

    async def incident(self, tenant: TenantId, incident_id: IncidentId) -> Incident | None:
        return self._incidents[tenant].get(incident_id)

    async def acknowledge(
        self, tenant: TenantId, incident_id: IncidentId, by: Actor, at: datetime
    ) -> Incident | None:
        found = self._incidents[tenant].get(incident_id)
        if found is not None and found.acknowledged is None:
            found = self._incidents[tenant][incident_id] = replace(found, acknowledged=Note(by, at))
        return found

    async def give_feedback(
        self, tenant: TenantId, incident_id: IncidentId, feedback: Feedback, by: Actor, at: datetime
    ) -> Incident | None:
        found = self._incidents[tenant].get(incident_id)
        if found is None:
            return None
        if (found.feedback, found.feedback_note and found.feedback_note.by) != (feedback, by):
            found = replace(found, feedback=feedback, feedback_note=Note(by, at))
            self._incidents[tenant][incident_id] = found
        return found

    def _belongs(self, question: FindingFilter, anomaly: Anomaly) -> bool:
        """To an incident of this kind that is open, where one is asked for."""
        if not (question.kinds or question.open_only):
            return True
        own = self._incidents[question.tenant]
        incident = own.get(anomaly.incident_id) if anomaly.incident_id else None
        return (
            incident is not None
            and (not question.kinds or incident.kind in question.kinds)
            and not (question.open_only and incident.ended)
        )
