"""The schema: every root field with the right that it asks for.

In: the root fields of the siblings. Out: the schema. `python -m analytics_hub.api.graphql.schema > docs/schema.graphql`
writes it down; a test keeps the two equal.
"""

import sys
from collections.abc import Mapping
from typing import Final

import strawberry
from graphql import GraphQLSchema, print_schema
from strawberry.schema.config import StrawberryConfig

from analytics_hub.api.graphql.accuracy import ForecastAccuracies, ask_forecast_accuracy
from analytics_hub.api.graphql.asking import asks
from analytics_hub.api.graphql.dead_letters import DeadLetterConnection, ask_dead_letters
from analytics_hub.api.graphql.dimensions import Dimensions, ask_dimensions
from analytics_hub.api.graphql.events import EventConnection, ask_events
from analytics_hub.api.graphql.forecasts import Forecasts, MonthEnd, ask_forecasts, ask_month_end
from analytics_hub.api.graphql.incident_shapes import AnomalyConnection, Incident, IncidentConnection
from analytics_hub.api.graphql.incidents import (
    acknowledge_incident,
    ask_anomalies,
    ask_incident,
    ask_incidents,
    give_incident_feedback,
)
from analytics_hub.api.graphql.ledger import Ledger, ask_ledger
from analytics_hub.api.graphql.live import LiveUsage, ask_live_usage
from analytics_hub.api.graphql.live_incidents import LiveIncidents, ask_live_incidents
from analytics_hub.api.graphql.scalars import SCALARS
from analytics_hub.api.graphql.typed import shape
from analytics_hub.api.graphql.usage import Usage, ask_usage
from analytics_hub.api.graphql.users import Users, ask_users
from analytics_hub.api.graphql.viewer import Viewer, ask_viewer
from analytics_hub.domain.access import Right


@shape
class Query:
    """Questions. Each is asked of one snapshot of its own and may fail for itself: then it is null."""

    usage: Usage | None = asks(Right.VIEW, ask_usage, "Usage, cost and latency over time.")
    users: Users | None = asks(Right.QUERY, ask_users, "The end-users that used most.")
    events: EventConnection | None = asks(Right.QUERY, ask_events, "Raw events, newest first.")
    dimensions: Dimensions | None = asks(
        Right.VIEW, ask_dimensions, "The values of dimensions, the most frequent first."
    )
    ledger: Ledger | None = asks(
        Right.VIEW, ask_ledger, "Received = stored + duplicate + rejected, by hour of receipt."
    )
    dead_letters: DeadLetterConnection | None = asks(
        Right.QUERY, ask_dead_letters, "Events that were refused, with code and payload, newest first."
    )
    forecasts: Forecasts | None = asks(
        Right.VIEW, ask_forecasts, "What usage, cost and latency are expected to be."
    )
    month_end: MonthEnd | None = asks(
        Right.VIEW, ask_month_end, "What the month has cost so far, and what it is expected to come to."
    )
    forecast_accuracy: ForecastAccuracies | None = asks(
        Right.VIEW, ask_forecast_accuracy, "How wrong the stored forecasts of the last weeks were."
    )
    anomalies: AnomalyConnection | None = asks(
        Right.VIEW, ask_anomalies, "What detectors found, newest first."
    )
    incidents: IncidentConnection | None = asks(
        Right.VIEW, ask_incidents, "What happened, one thing to look at each, newest first."
    )
    incident: Incident | None = asks(Right.VIEW, ask_incident, "One incident.")
    viewer: Viewer | None = asks(Right.VIEW, ask_viewer, "Who is asking.")


@shape
class Mutation:
    """What people say of incidents. One after the other, each for itself; said again, it changes nothing."""

    acknowledge_incident: Incident | None = asks(
        Right.QUERY, acknowledge_incident, "Somebody looks after it: the first one counts."
    )
    give_incident_feedback: Incident | None = asks(
        Right.QUERY, give_incident_feedback, "Whether it was worth being told: the last word counts."
    )


@shape
class Subscription:
    """Questions that are watched. `POST /graphql` answers them with an event stream, as who takes one."""

    live_incidents: LiveIncidents | None = asks(
        Right.VIEW, ask_live_incidents, "Incidents: those there are, then what becomes of them."
    )
    live_usage: LiveUsage | None = asks(Right.VIEW, ask_live_usage, "Usage by the minute, as it comes in.")


def _picked(source: object, name: str) -> object:
    """Bodies are mappings; a trailing underscore only keeps a name from being a keyword."""
    return source[name.rstrip("_")] if isinstance(source, Mapping) else getattr(source, name)


STRAWBERRY: Final = strawberry.Schema(
    Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS, default_resolver=_picked),
)
SCHEMA: Final[GraphQLSchema] = STRAWBERRY._schema
"""What `execution.py` executes, without strawberry's own way, which has no place for our bounds."""

if __name__ == "__main__":
    sys.stdout.write(print_schema(SCHEMA) + "\n")
