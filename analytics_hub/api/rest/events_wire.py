"""The shapes on the wire of raw events. From domain values to JSON; the other way is in `events.py`."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.domain.money import usd_from_pico
from analytics_hub.domain.raw_event import EventPage, RawEvent


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EventBody(_Body):
    key: str = Field(description="The event's identity: a hash of source and id.")
    time: datetime
    received_at: datetime
    source: str
    id: str
    user: str
    session: str
    api_key_id: str
    agent: str
    region: str
    trace_id: str
    span_id: str
    error_type: str = Field(description="As the producer named it; `dimensions.status` is of a closed list.")
    dimensions: dict[str, str] = Field(description="Missing is the empty string.")
    tags: dict[str, str]
    tokens: dict[str, int] = Field(description="By kind; a token is counted in one of them.")
    total_tokens: int
    web_searches: int
    latency_ms: float | None
    ttft_ms: float | None = Field(description="Time to the first token.")
    cost_usd: str = Field(description="Exact decimal; all lines together.")
    cost_lines_usd: dict[str, str]
    cost_status: str = Field(description="priced, partial, unpriced, provider_reported or estimated.")
    price_id: int | None


class EventsBody(_Body):
    events: list[EventBody] = Field(description="Newest first.")
    next: str | None = Field(
        description="`cursor` of the next page; null when the range has no more. With a rare filter a page may be "
        "empty and still have a next one."
    )
    searched_from: datetime = Field(description="This page has every match from here on.")
    kept_from: datetime | None = Field(description="Events before this moment have been dropped.")
    fresh_until: datetime = Field(description="Everything committed before this moment is seen.")


def events_body(page: EventPage, cursor: str | None) -> dict[str, Any]:
    """An `EventsBody` ready for orjson."""
    return {
        "events": [event_body(event) for event in page.events],
        "next": cursor,
        "searched_from": page.searched_from,
        "kept_from": page.kept.dropped_before,
        "fresh_until": page.kept.taken_at,
    }


def event_body(event: RawEvent) -> dict[str, Any]:
    return {
        "key": str(event.key),
        "time": event.at,
        "received_at": event.received_at,
        "source": event.source,
        "id": event.event_id,
        "user": event.user,
        "session": event.session,
        "api_key_id": event.api_key_id,
        "agent": event.agent,
        "region": event.region,
        "trace_id": event.trace_id,
        "span_id": event.span_id,
        "error_type": event.error_type,
        "dimensions": dict(event.dimensions),
        "tags": dict(event.tags),
        "tokens": dict(event.tokens),
        "total_tokens": sum(event.tokens.values()),
        "web_searches": event.web_searches,
        "latency_ms": _ms(event.latency_us),
        "ttft_ms": _ms(event.ttft_us),
        "cost_usd": usd_from_pico(sum(event.cost_pico_usd.values())),
        "cost_lines_usd": {line: usd_from_pico(pico) for line, pico in event.cost_pico_usd.items()},
        "cost_status": event.cost_status,
        "price_id": event.price_id,
    }


def _ms(micros: int | None) -> float | None:
    return None if micros is None else micros / 1000
