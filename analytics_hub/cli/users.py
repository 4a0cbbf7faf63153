"""`hub users`: the end-users that used most, everybody else as one, and how many there are.

In: the words of `hub query`, without percentiles and without a period before. Out: a table, or the JSON that the API
gives. How it is answered is in `analytics_hub/query/users.py`.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from analytics_hub.api.rest.users_wire import users_body
from analytics_hub.api.services import Services
from analytics_hub.cli.console import note, print_json
from analytics_hub.cli.opened import opened
from analytics_hub.cli.query_rows import table_cell
from analytics_hub.cli.question import filters_given, names_given
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked, caps_of
from analytics_hub.cli.table import print_table
from analytics_hub.cli.tenants import find_tenant
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.metrics import METRICS_DEFAULT
from analytics_hub.domain.usage import Interval, UsageQuery
from analytics_hub.domain.user_usage import USER, UserAnswer, UserQuery
from analytics_hub.query.moment import parse_moment

_HIDDEN = ("events", "unpriced_events")
_OTHER = "(other)"
_NOT_NAMED = "(not named)"


@guarded
def users(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="The tenant's slug.")],
    metrics: Annotated[
        list[str] | None, typer.Option("--metrics", "-m", help="Repeat, or separate by commas.")
    ] = None,
    group_by: Annotated[
        list[str] | None, typer.Option("--group-by", "-g", help="What else to tell apart, of a short range.")
    ] = None,
    start: Annotated[str, typer.Option("--from", help="2026-11-16, -24h, or RFC 3339.")] = "-24h",
    end: Annotated[str, typer.Option("--to", help="Excluded end.")] = "now",
    interval: Annotated[str, typer.Option(help="1d, 1w, 1mo or none; shorter of a short range.")] = "none",
    tz: Annotated[str, typer.Option(help="IANA zone of days and plain dates.")] = "UTC",
    filter: Annotated[  # noqa: A002
        list[str] | None, typer.Option("--filter", "-f", help="dimension=value, of a short range.")
    ] = None,
    order: Annotated[str, typer.Option(help="-cost_usd is the greatest first.")] = "-cost_usd",
    limit: Annotated[
        int, typer.Option("--limit", "--top", help="Users told apart; the rest become other.")
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the end-users that used most, and how many there are."""
    settings, now = settings_of(context), SystemClock().now()
    wanted = names_given(metrics) or list(METRICS_DEFAULT)
    hidden = [] if as_json else [name for name in _HIDDEN if name not in wanted]
    with opened(settings) as hub:
        usage = UsageQuery.ask(
            find_tenant(hub, tenant).tenant_id,
            parse_moment(start, edge="from", now=now, tz=tz),
            parse_moment(end, edge="to", now=now, tz=tz),
            interval=interval,
            tz=tz,
            metrics=[*wanted, *hidden],
            group_by=names_given(group_by),
            filters=filters_given(filter),
            order=order,
            limit=limit,
            caps=caps_of(settings),
        )
        question = UserQuery(usage, raw_days_max=settings.query.raw_days_max)

        async def ask(services: Services) -> UserAnswer:
            return await services.users.ask(question)

        answer = asked(hub, ask)
    if as_json:
        print_json(users_body(answer))
    else:
        _print_table(answer, wanted)


def _print_table(answer: UserAnswer, metrics: Sequence[str]) -> None:
    usage = answer.query.usage
    timed = usage.interval is not Interval.NONE
    names = (*(["time"] if timed else []), USER, *usage.group_by, *metrics)
    print_table(names, _rows(answer, metrics), numbers=metrics)
    share = answer.coverage.event_share
    priced = (
        "no events in this range" if share is None else f"{share:.1%} of {answer.coverage.events:,} priced"
    )
    note(f"{answer.users:,} users; {priced}; complete until {answer.fresh_until:%Y-%m-%d %H:%M:%S} UTC")


def _rows(answer: UserAnswer, metrics: Sequence[str]) -> Iterator[list[str]]:
    """A user's total; with an interval a row for each of its buckets that has events."""
    usage = answer.query.usage
    for series in answer.series:
        if series.other:
            group = [_OTHER, *(_OTHER for _ in usage.group_by)]
        else:
            group = [
                series.group[USER] or _NOT_NAMED,
                *(series.group[name] or "(none)" for name in usage.group_by),
            ]
        if usage.interval is Interval.NONE:
            yield [*group, *(str(table_cell(name, series.total)) for name in metrics)]
        for point in series.points:
            start = point.start.astimezone(usage.zone).isoformat(timespec="minutes")
            yield [start, *group, *(str(table_cell(name, point.values)) for name in metrics)]
