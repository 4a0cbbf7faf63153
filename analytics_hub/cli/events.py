"""`hub events`: single events of a tenant as they were stored, newest first.

In: a range, filters, how many. Out: a table that fits a screen, or the JSON that the API gives, with everything that is
known of each. A page of the API may be short where a filter is rare: here they are read until there are enough events
or the range is over.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from analytics_hub.api.rest.events_wire import events_body
from analytics_hub.api.services import Services
from analytics_hub.cli.console import note, print_json
from analytics_hub.cli.opened import opened
from analytics_hub.cli.question import filters_given
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked, caps_of
from analytics_hub.cli.table import print_table
from analytics_hub.cli.tenants import find_tenant
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.money import usd_from_pico
from analytics_hub.domain.raw_event import EVENT_FIELDS, EventFilter, EventPage, EventPlace, RawEvent
from analytics_hub.domain.usage import Filter, checked_zone
from analytics_hub.query.cursor import read_event_cursor, write_event_cursor
from analytics_hub.query.moment import parse_moment


@guarded
def events(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="The tenant's slug.")],
    start: Annotated[str, typer.Option("--from", help="2026-11-16, -24h, or RFC 3339.")] = "-24h",
    end: Annotated[str, typer.Option("--to", help="Excluded end.")] = "now",
    tz: Annotated[str, typer.Option(help="IANA zone of plain dates and of the times shown.")] = "UTC",
    filter: Annotated[  # noqa: A002
        list[str] | None,
        typer.Option("--filter", "-f", help="model=gpt-4o, user=ann, …; repeat for more values."),
    ] = None,
    errors_only: Annotated[bool, typer.Option("--errors-only", help="Any status but ok.")] = False,
    limit: Annotated[int, typer.Option(help="Most events shown.")] = 50,
    cursor: Annotated[str, typer.Option(help="Go on where a page ended: its `next`.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show single events, newest first: who, which model, how many tokens, at what cost."""
    now = SystemClock().now()
    zone = checked_zone(tz)
    chosen = [Filter(name, tuple(values)) for name, values in filters_given(filter).items()]
    with opened(settings_of(context)) as hub:
        question = EventFilter(
            find_tenant(hub, tenant).tenant_id,
            parse_moment(start, edge="from", now=now, tz=tz),
            parse_moment(end, edge="to", now=now, tz=tz),
            tuple(one for one in chosen if one.dimension not in EVENT_FIELDS),
            tuple(one for one in chosen if one.dimension in EVENT_FIELDS),
            errors_only,
            caps=caps_of(hub.settings),
        )
        after = read_event_cursor(cursor, question) if cursor else None

        async def ask(services: Services) -> EventPage:
            return await _filled(services, question, limit, after)

        page = asked(hub, ask)
    following = None if page.next is None else write_event_cursor(page.next, question)
    if as_json:
        print_json(events_body(page, following))
    else:
        _print_table(page, following, question.start, zone)


async def _filled(
    services: Services, question: EventFilter, limit: int, after: EventPlace | None
) -> EventPage:
    """One page of as many events, however far back they are."""
    found: list[RawEvent] = []
    while True:
        page = await services.events.page(question, limit - len(found), after)
        found += page.events
        after = page.next
        if after is None or len(found) == limit:
            return EventPage(tuple(found), after, page.searched_from, page.kept)


_COLUMNS = ("time", "model", "project", "user", "status", "tokens", "latency", "cost")
_NUMBERS = ("tokens", "latency", "cost")


def _print_table(page: EventPage, following: str | None, start: datetime, zone: ZoneInfo) -> None:
    print_table(_COLUMNS, _rows(page.events, zone), numbers=_NUMBERS)
    dropped = page.kept.dropped_before
    if dropped is not None and start < dropped:
        note(f"events before {dropped:%Y-%m-%d %H:%M} UTC have been dropped")
    note(f"{len(page.events):,} events, newest first, times of {zone.key}")
    if following:
        note(f"older ones: --cursor {following}")


def _rows(found: Sequence[RawEvent], zone: ZoneInfo) -> Iterator[tuple[str, ...]]:
    for event in found:
        cost = usd_from_pico(sum(event.cost_pico_usd.values()))
        yield (
            f"{event.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            event.dimensions["model"],
            event.dimensions["project"],
            event.user,
            event.dimensions["status"],
            f"{sum(event.tokens.values()):,}",
            "–" if event.latency_us is None else f"{event.latency_us / 1000:,.0f} ms",
            "unpriced" if event.cost_status == "unpriced" else f"${cost}",
        )
