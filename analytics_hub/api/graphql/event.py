"""One raw event, as `GET /v1/events` spells it."""

import strawberry

from analytics_hub.api.graphql.scalars import Count, DateTime, Usd
from analytics_hub.api.graphql.typed import shape, typed
from analytics_hub.domain.series import COST_LINES, DIMENSIONS, TOKEN_KINDS


@typed(dict.fromkeys(DIMENSIONS, (str, "")))
class EventDimensions:
    """Missing is the empty string."""


@typed(dict.fromkeys(TOKEN_KINDS, (Count, "")))
class Tokens:
    """By kind; a token is counted in one of them."""


@typed(dict.fromkeys(COST_LINES, (Usd, "")))
class CostLines:
    """They add up to the cost."""


@shape
class Tag:
    """A tag of an event, declared or not."""

    key: str
    value: str


@shape
class Event:
    """One call of a model."""

    key: str = strawberry.field(description="The event's identity: a hash of source and id.")
    time: DateTime
    received_at: DateTime
    source: str
    id: str
    user: str
    session: str
    api_key_id: str
    agent: str
    region: str
    trace_id: str
    span_id: str
    error_type: str = strawberry.field(
        description="As the producer named it; `dimensions.status` is of a closed list."
    )
    dimensions: EventDimensions
    tags: list[Tag]
    tokens: Tokens
    total_tokens: Count
    web_searches: Count
    latency_ms: float | None
    ttft_ms: float | None = strawberry.field(description="Time to the first token.")
    cost_usd: Usd = strawberry.field(description="All lines together.")
    cost_lines_usd: CostLines
    cost_status: str = strawberry.field(
        description="priced, partial, unpriced, provider_reported or estimated."
    )
    price_id: str | None = strawberry.field(description="Which price it was.")
