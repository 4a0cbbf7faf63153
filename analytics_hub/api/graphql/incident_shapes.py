"""The types of anomalies and incidents: the bodies of `analytics_hub/api/rest/finding_wire.py`.

In: domain values. Out: types, and bodies with what GraphQL spells otherwise.
"""

from enum import Enum
from typing import Final

import strawberry

from analytics_hub.api.graphql.pages import PageInfo
from analytics_hub.api.graphql.scalars import DateTime, Usd
from analytics_hub.api.graphql.shapes import Body, Group, groups
from analytics_hub.api.graphql.typed import shape
from analytics_hub.api.rest.finding_wire import anomaly_body, incident_body
from analytics_hub.domain import incident as domain


@strawberry.enum(description="What can be said of an incident from the metrics that moved.")
class IncidentKind(Enum):
    SPIKE = domain.IncidentKind.SPIKE.value
    DROP = domain.IncidentKind.DROP.value
    GAP = domain.IncidentKind.GAP.value
    COST = domain.IncidentKind.COST.value
    LATENCY = domain.IncidentKind.LATENCY.value
    ERRORS = domain.IncidentKind.ERRORS.value


@strawberry.enum(description="What a person said of an incident: more like it, or fewer.")
class Feedback(Enum):
    USEFUL = domain.Feedback.USEFUL.value
    NOISE = domain.Feedback.NOISE.value


@strawberry.enum(description="Whether an incident goes on.")
class IncidentState(Enum):
    OPEN = "open"
    ENDED = "ended"


_ENUMS: Final = (("kind", IncidentKind), ("state", IncidentState), ("feedback", Feedback))


@shape
class Anomaly:
    """What one detector found in one hour of one series."""

    bucket: DateTime = strawberry.field(description="Start of the hour.")
    metric: str
    group: list[Group] = strawberry.field(description="Whose; empty for the whole tenant.")
    detector: str
    score: float = strawberry.field(description="From 0 (as expected) to 1.")
    observed: float | None = strawberry.field(description="Null for a gap.")
    expected: float | None
    low: float | None = strawberry.field(description="The least that would not have been reported.")
    high: float | None = strawberry.field(description="The most that would not have been reported.")
    incident_id: strawberry.ID | None


@shape
class AnomalyEdge:
    """An anomaly and its place."""

    cursor: str
    node: Anomaly


@shape
class AnomalyConnection:
    """Some anomalies, newest first."""

    edges: list[AnomalyEdge]
    nodes: list[Anomaly]
    page_info: PageInfo


@shape
class Contribution:
    """A value of a dimension, and its part of the change."""

    dimension: str
    value: str
    change: float = strawberry.field(description="In the unit of the metric.")
    share: float = strawberry.field(description="Of the whole change.")


@shape
class IncidentNote:
    """Who said something about an incident, and when."""

    at: DateTime
    actor_kind: str = strawberry.field(description="key, member or operator.")
    actor: str


@shape
class Incident:
    """One thing to look at: what happened, since when, how much it costs, whose change it is."""

    id: strawberry.ID
    kind: IncidentKind
    state: IncidentState
    metric: str = strawberry.field(description="The one that says most about it.")
    group: list[Group] = strawberry.field(description="Whose; empty for the whole tenant.")
    began_at: DateTime
    last_at: DateTime = strawberry.field(description="Start of its last hour so far.")
    found_at: DateTime
    told_at: DateTime | None = strawberry.field(description="Null: held back by the alert budget.")
    observed: float | None
    expected: float | None
    impact_usd: Usd | None = strawberry.field(description="Cost above what was expected, an estimate.")
    metrics: list[str] = strawberry.field(description="All that moved.")
    detectors: list[str]
    contributions: list[Contribution]
    acknowledged: IncidentNote | None
    feedback: Feedback | None
    feedback_note: IncidentNote | None


@shape
class IncidentEdge:
    """An incident and its place."""

    cursor: str
    node: Incident


@shape
class IncidentConnection:
    """Some incidents, newest first."""

    edges: list[IncidentEdge]
    nodes: list[Incident]
    page_info: PageInfo


def anomaly_node(one: domain.Anomaly) -> Body:
    body = anomaly_body(one)
    return {**body, "group": groups(body["group"])}


def incident_node(one: domain.Incident) -> Body:
    body = incident_body(one)
    enums = {name: body[name] and kind(body[name]) for name, kind in _ENUMS}
    return {**body, **enums, "group": groups(body["group"])}
