"""What jobs found of a tenant of the crowd: a forecast and what one was worth, an anomaly and two incidents, with its
mark in every text.

In: a database, a tenant, its number and mark. Out: the ids of its incidents, newest first.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from analytics_hub.domain.forecast import ForecastAccuracy, ForecastPoint, History, SeriesForecast
from analytics_hub.domain.incident import Anomaly, Contribution, Incident, IncidentId, IncidentKind, Place
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import connect
from analytics_hub.storage.finding_book import PostgresFindingBook
from tests.support.database import Database
from tests.support.ingest import NOW

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def put_findings(db: Database, tenant: TenantId, number: int, mark: str) -> Sequence[IncidentId]:
    midnight = NOW.replace(hour=0, minute=0)
    points = tuple(ForecastPoint(midnight + at * _DAY, number, 0.0, 99.0, 0.0, 99.0) for at in range(3))
    forecast = SeriesForecast(
        "errors", "", "", 86_400, points, mark, History.ENOUGH, midnight - 9 * _DAY, midnight, None, NOW
    )
    monday = midnight - (midnight.weekday() + 7) * _DAY
    accuracy = ForecastAccuracy(monday, "", "", mark, 3_600, number + 1, 0.5, None, None, None, NOW)
    ids = [IncidentId(UUID(int=(number + 1) << 64 | at)) for at in (2, 1)]
    place = Place("project", f"project-0-{mark}")
    found = [
        Incident(
            one,
            IncidentKind.SPIKE,
            "cost_usd",
            place,
            NOW - back * _HOUR,
            NOW - back * _HOUR,
            NOW,
            False,
            float(number),
            1.0,
            Decimal(number),
            ("cost_usd",),
            (mark,),
            (Contribution("model", f"model-0-{mark}", float(number), 1.0),),
            NOW,
        )
        for back, one in enumerate(ids, start=1)
    ]
    hour = NOW - _HOUR
    anomaly = Anomaly("cost_usd", place, hour, mark, 0.9, float(number), 1.0, 0.0, 2.0, ids[0])
    with connect(db.maint_dsn, "crowd") as maint, PostgresFindingBook(maint).writing(tenant) as writer:
        writer.put_forecasts([forecast], midnight)
        writer.put_accuracy([accuracy])
        writer.put_incidents(found)
        writer.replace_anomalies(hour, [anomaly])
    return ids
