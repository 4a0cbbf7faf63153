"""The shapes on the wire of raw events: JSON body and table. The other way is in `events.py`.

A row of the table is an event; a dimension, a kind of tokens and a line of the cost each have a column, tags are JSON.
"""

from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.api.rest.table import Cell, Column, Kind, Table
from analytics_hub.domain.money import usd_from_pico
from analytics_hub.domain.raw_event import EventPage, RawEvent
from analytics_hub.domain.series import COST_LINES, DIMENSIONS, TOKEN_COLUMNS, TOKEN_KINDS

_TEXTS: Final = (
    *(
        "key",
        "source",
        "id",
        "user",
        "session",
        "api_key_id",
        "agent",
        "region",
        "trace_id",
        "span_id",
        "error_type",
    ),
)


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
    price_id: str | None = Field(
        description="Which price it was; text, because a number in JSON is exact to 53 bits only."
    )


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


def events_table(page: EventPage, cursor: str | None) -> Table:
    columns = [
        Column("time", Kind.TIME),
        Column("received_at", Kind.TIME),
        *(Column(name, Kind.TEXT) for name in (*_TEXTS, *DIMENSIONS, "tags")),
        *(Column(name, Kind.COUNT) for name in (*TOKEN_COLUMNS, "total_tokens", "web_searches")),
        *(Column(name, Kind.NUMBER) for name in ("latency_ms", "ttft_ms")),
        *(Column(f"cost_{line}_usd", Kind.MONEY) for line in COST_LINES),
        Column("cost_usd", Kind.MONEY),
        Column("cost_status", Kind.TEXT),
        Column("price_id", Kind.TEXT),
    ]
    facts = {
        "next": cursor,
        "searched_from": page.searched_from,
        "kept_from": page.kept.dropped_before,
        "fresh_until": page.kept.taken_at,
    }
    return Table(tuple(columns), [_row(event) for event in page.events], facts)


def _row(event: RawEvent) -> list[Cell]:
    body = event_body(event)
    return [
        event.at,
        event.received_at,
        *(body[name] for name in _TEXTS),
        *(event.dimensions[name] for name in DIMENSIONS),
        orjson.dumps(body["tags"]).decode(),
        *(event.tokens[kind] for kind in TOKEN_KINDS),
        body["total_tokens"],
        event.web_searches,
        body["latency_ms"],
        body["ttft_ms"],
        *(body["cost_lines_usd"][line] for line in COST_LINES),
        body["cost_usd"],
        event.cost_status,
        body["price_id"],
    ]


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
        "price_id": None if event.price_id is None else str(event.price_id),
    }


def _ms(micros: int | None) -> float | None:
    return None if micros is None else micros / 1000
