"""The shapes on the wire of anomalies and incidents: JSON bodies and tables. The other way is in the routes.

What was observed and expected are numbers, of money too: they are what a detector compared, not what is accounted for.
`impact_usd` is a decimal string.
"""

from typing import Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.api.rest.table import Cell, Column, Kind, Table
from analytics_hub.api.rest.wire import rounded
from analytics_hub.domain.incident import Anomaly, Contribution, Feedback, Incident, Note, Place
from analytics_hub.domain.money import estimated_usd
from analytics_hub.domain.page import Page


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AnomalyBody(_Body):
    bucket: str = Field(description="Start of the hour.", json_schema_extra={"format": "date-time"})
    metric: str
    group: dict[str, str] = Field(description="Whose: a dimension and its value; empty for the whole tenant.")
    detector: str
    score: float = Field(description="From 0 (as expected) to 1.")
    observed: float | None = Field(description="Null for a gap.")
    expected: float | None
    low: float | None = Field(description="The least that would not have been reported.")
    high: float | None = Field(description="The most that would not have been reported.")
    incident_id: str | None = Field(description="The incident it belongs to; null: too little to be told.")


class AnomaliesBody(_Body):
    anomalies: list[AnomalyBody] = Field(description="Newest first.")
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


class ContributionBody(_Body):
    dimension: str
    value: str
    change: float = Field(description="In the unit of the metric.")
    share: float = Field(description="Of the whole change.")


class NoteBody(_Body):
    at: str = Field(json_schema_extra={"format": "date-time"})
    actor_kind: Literal["key", "member", "operator"]
    actor: str = Field(description="The prefix of a key, issuer and subject of a member, or a user's name.")


class IncidentBody(_Body):
    id: str
    kind: Literal["spike", "drop", "gap", "cost", "latency", "errors"]
    state: Literal["open", "ended"]
    metric: str = Field(description="The one that says most about it.")
    group: dict[str, str] = Field(description="Whose: a dimension and its value; empty for the whole tenant.")
    began_at: str = Field(description="Start of its first hour.", json_schema_extra={"format": "date-time"})
    last_at: str = Field(
        description="Start of its last hour so far.", json_schema_extra={"format": "date-time"}
    )
    found_at: str = Field(json_schema_extra={"format": "date-time"})
    told_at: str | None = Field(
        description="When it was told; null: held back by the alert budget.",
        json_schema_extra={"format": "date-time"},
    )
    observed: float | None = Field(description="Of the metric, over these hours; null for a gap.")
    expected: float | None
    impact_usd: str | None = Field(
        description="Cost above what was expected, rounded to the millionth; negative where less was spent, null "
        "where money is not what moved."
    )
    metrics: list[str] = Field(description="All that moved.")
    detectors: list[str]
    contributions: list[ContributionBody] = Field(description="Whose change it is, the greatest first.")
    acknowledged: NoteBody | None = Field(description="Who looks after it.")
    feedback: Literal["useful", "noise"] | None
    feedback_note: NoteBody | None = Field(description="Whose word that is.")


class IncidentsBody(_Body):
    incidents: list[IncidentBody] = Field(description="Newest first.")
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


class FeedbackRequestBody(_Body):
    """What an incident was: more like it (`useful`), or fewer (`noise`)."""

    feedback: Feedback


_ANOMALY_COLUMNS: Final = (
    Column("bucket", Kind.TIME),
    *(Column(name, Kind.TEXT) for name in ("metric", "dimension", "value", "detector")),
    *(Column(name, Kind.NUMBER) for name in ("score", "observed", "expected", "low", "high")),
    Column("incident_id", Kind.TEXT),
)
_INCIDENT_COLUMNS: Final = (
    *(Column(name, Kind.TEXT) for name in ("id", "kind", "state", "metric", "dimension", "value")),
    *(Column(name, Kind.TIME) for name in ("began_at", "last_at", "found_at", "told_at")),
    *(Column(name, Kind.NUMBER) for name in ("observed", "expected")),
    Column("impact_usd", Kind.MONEY),
    *(Column(name, Kind.TEXT) for name in ("metrics", "detectors", "contributions")),
    *(Column(name, Kind.TEXT) for name in ("acknowledged", "feedback", "feedback_note")),
)


def anomaly_body(one: Anomaly) -> dict[str, Any]:
    return {
        "bucket": one.start,
        "metric": one.metric,
        "group": _group_body(one.place),
        "detector": one.detector,
        "score": rounded(one.score),
        "observed": rounded(one.observed),
        "expected": rounded(one.expected),
        "low": rounded(one.low),
        "high": rounded(one.high),
        "incident_id": one.incident_id and str(one.incident_id),
    }


def incident_body(one: Incident) -> dict[str, Any]:
    return {
        "id": str(one.incident_id),
        "kind": one.kind.value,
        "state": "ended" if one.ended else "open",
        "metric": one.metric,
        "group": _group_body(one.place),
        "began_at": one.began_at,
        "last_at": one.last_at,
        "found_at": one.found_at,
        "told_at": one.heard_at,
        "observed": rounded(one.observed),
        "expected": rounded(one.expected),
        "impact_usd": None if one.impact_usd is None else estimated_usd(one.impact_usd),
        "metrics": list(one.metrics),
        "detectors": list(one.detectors),
        "contributions": [_contribution_body(part) for part in one.contributions],
        "acknowledged": one.acknowledged and _note_body(one.acknowledged),
        "feedback": one.feedback and one.feedback.value,
        "feedback_note": one.feedback_note and _note_body(one.feedback_note),
    }


def anomalies_body(page: Page[Anomaly], following: str | None) -> dict[str, Any]:
    return {"anomalies": [anomaly_body(one) for one in page.rows], "next": following}


def incidents_body(page: Page[Incident], following: str | None) -> dict[str, Any]:
    return {"incidents": [incident_body(one) for one in page.rows], "next": following}


def anomalies_table(page: Page[Anomaly], following: str | None) -> Table:
    rows = [{**anomaly_body(one), **_place_cells(one.place)} for one in page.rows]
    return _table(_ANOMALY_COLUMNS, rows, following)


def incidents_table(page: Page[Incident], following: str | None) -> Table:
    rows = [{**incident_body(one), **_place_cells(one.place)} for one in page.rows]
    return _table(_INCIDENT_COLUMNS, rows, following)


def _group_body(place: Place) -> dict[str, str]:
    return {place.dimension: place.value} if place.dimension else {}


def _contribution_body(part: Contribution) -> dict[str, Any]:
    return {
        "dimension": part.dimension,
        "value": part.value,
        "change": rounded(part.change),
        "share": rounded(part.share),
    }


def _note_body(note: Note) -> dict[str, Any]:
    return {"at": note.at, "actor_kind": note.by.kind.value, "actor": note.by.name}


def _place_cells(place: Place) -> dict[str, str]:
    return {"dimension": place.dimension, "value": place.value}


def _table(columns: tuple[Column, ...], bodies: list[dict[str, Any]], following: str | None) -> Table:
    return Table(
        columns, [[_cell(body[column.name]) for column in columns] for body in bodies], {"next": following}
    )


def _cell(value: Any) -> Cell:
    """Names are one text; what has members is JSON."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " ".join(value)
    if isinstance(value, list | dict):
        return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()
    cell: Cell = value
    return cell
