"""What was found, from hours and keys as `models/incidents` counts them to the values of the domain, and back.

In: an `Assessment`, the incidents known before. Out: anomalies and incidents. An incident's number is made of its
tenant and key, so the same finding is the same incident however often a job runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Final
from uuid import UUID, uuid5

from analytics_hub.domain.incident import (
    Anomaly,
    Contribution,
    Incident,
    IncidentId,
    IncidentKind,
    Place,
)
from analytics_hub.domain.tenant import TenantId
from analytics_hub.jobs.watching import HOUR, hour_number, hour_start
from models.incidents.ports import Assessment, Finding, FoundIncident, PastIncident

_SPACE: Final = UUID("5f1c3c1e-8a77-4a53-9d8b-6a2f4f0f7c11")
"""Any number, never changed: numbers of incidents are made in it."""
_CONTRIBUTIONS_MAX: Final = 10
_USD_PLACES: Final = 6  # as money is shown


@dataclass(frozen=True, slots=True)
class Found:
    anomalies: Sequence[Anomaly]
    incidents: Sequence[Incident]


def past_of(incident: Incident) -> PastIncident:
    """Its key is its number."""
    return PastIncident(
        key=str(incident.incident_id),
        kind=incident.kind.value,
        metric=incident.metric,
        dimension=incident.place.dimension,
        value=incident.place.value,
        began=hour_number(incident.began_at),
        last=hour_number(incident.last_at),
        ended=incident.ended,
        told=None if incident.told_at is None else hour_number(incident.told_at) - 1,
        at_stake_usd=incident.at_stake_usd,
        metrics=tuple(incident.metrics),
        detectors=tuple(incident.detectors),
        feedback=incident.feedback and incident.feedback.value,
    )


def found_of(assessed: Assessment, tenant: TenantId, known: Sequence[Incident], now: datetime) -> Found:
    before = {str(one.incident_id): one for one in known}
    return Found(
        [_anomaly(one, tenant, before) for one in assessed.findings],
        [_incident(one, tenant, before, now) for one in assessed.incidents],
    )


def incident_number(tenant: TenantId, key: str, before: Mapping[str, Incident]) -> IncidentId:
    """Of an incident that goes on, its own."""
    known = before.get(key)
    return known.incident_id if known else IncidentId(uuid5(_SPACE, f"{int(tenant)} {key}"))


def _anomaly(finding: Finding, tenant: TenantId, before: Mapping[str, Incident]) -> Anomaly:
    return Anomaly(
        finding.metric,
        Place(finding.dimension, finding.value),
        hour_start(finding.hour),
        finding.detector,
        finding.score,
        _known(finding.observed),
        _known(finding.expected),
        _known(finding.low),
        _known(finding.high),
        None if finding.incident is None else incident_number(tenant, finding.incident, before),
    )


def _incident(
    found: FoundIncident, tenant: TenantId, before: Mapping[str, Incident], now: datetime
) -> Incident:
    shares = sorted(found.shares, key=lambda share: -abs(share.change))[:_CONTRIBUTIONS_MAX]
    return Incident(
        incident_number(tenant, found.key, before),
        IncidentKind(found.kind),
        found.metric,
        Place(found.dimension, found.value),
        hour_start(found.began),
        hour_start(found.last),
        now,
        found.ended,
        _known(found.observed),
        _known(found.expected),
        _usd(found.impact_usd),
        tuple(found.metrics),
        tuple(found.detectors),
        tuple(
            Contribution(share.dimension, share.value, share.change, share.share)
            for share in shares
            if isfinite(share.change) and isfinite(share.share)
        ),
        # An hour is told of when it is over.
        None if found.told is None else hour_start(found.told) + HOUR,
        at_stake_usd=_known(found.at_stake_usd) or 0.0,
    )


def _known(value: float | None) -> float | None:
    return float(value) if value is not None and isfinite(value) else None


def _usd(value: float | None) -> Decimal | None:
    return None if value is None or not isfinite(value) else Decimal(f"{value:.{_USD_PLACES}f}")
