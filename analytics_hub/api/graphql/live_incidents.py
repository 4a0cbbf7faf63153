"""`liveIncidents`: what `GET /v1/live/incidents` streams, as a subscription.

In: the state that the watcher has. Out: what is watched, and the body of each message of it.
"""

from enum import Enum
from typing import Annotated

import strawberry

from analytics_hub.api.graphql.asking import Info
from analytics_hub.api.graphql.incident_shapes import Incident, incident_node
from analytics_hub.api.graphql.live import LiveKind
from analytics_hub.api.graphql.shapes import Body
from analytics_hub.api.graphql.typed import shape
from analytics_hub.domain import incident_live as domain
from analytics_hub.domain.incident_live import IncidentsMessage, IncidentsSnapshot, IncidentWatch
from analytics_hub.domain.live import LiveEnd


@strawberry.enum(description="What became of an incident.")
class IncidentTurn(Enum):
    NEW = domain.Turn.NEW.value
    CHANGED = domain.Turn.CHANGED.value
    ENDED = domain.Turn.ENDED.value


@shape
class IncidentChange:
    """An incident that differs from what was told before."""

    change: IncidentTurn
    incident: Incident


@shape
class LiveIncidents:
    """One message: first a snapshot, unless its state is the one that was named, then changes, at last an end."""

    kind: LiveKind
    state: str | None = strawberry.field(description="Names what you have then: `seen` when you come back.")
    incidents: list[Incident] = strawberry.field(description="Of a snapshot, newest first.")
    changes: list[IncidentChange] = strawberry.field(description="Of a change, oldest first.")
    reason: str | None = strawberry.field(description="Of an end; docs/live.md lists them.")
    detail: str | None = strawberry.field(description="Of an end, for people.")


async def ask_live_incidents(
    info: Info,
    seen: Annotated[
        str | None, strawberry.argument(description="`state` of the last message that you have.")
    ] = None,
) -> IncidentWatch:
    return IncidentWatch(info.context.caller.tenant, seen)


def incidents_message_body(message: IncidentsMessage) -> Body:
    body: Body = {
        "kind": LiveKind.CHANGE,
        "state": None,
        "incidents": [],
        "changes": [],
        "reason": None,
        "detail": None,
    }
    if isinstance(message, LiveEnd):
        return {**body, "kind": LiveKind.END, "reason": message.reason.value, "detail": message.detail}
    if isinstance(message, IncidentsSnapshot):
        incidents = [incident_node(one) for one in message.incidents]
        return {**body, "kind": LiveKind.SNAPSHOT, "state": message.state, "incidents": incidents}
    changes = [
        {"change": IncidentTurn(turn.value), "incident": incident_node(one)} for turn, one in message.turns
    ]
    return {**body, "state": message.state, "changes": changes}
