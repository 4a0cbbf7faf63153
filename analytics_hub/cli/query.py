"""`hub query`: ask for usage, printed as a table, CSV or the same JSON that the API gives.

In: the question's words as options. Out: one row a group, or one a bucket and group with --interval. What can
be asked is in `analytics_hub/domain/metrics.py`; how it is answered in `analytics_hub/query`.
"""

import csv
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from analytics_hub.api.rest.wire import usage_body
from analytics_hub.api.services import Services
from analytics_hub.cli.console import note, print_json
from analytics_hub.cli.opened import opened
from analytics_hub.cli.query_rows import answer_rows, header, table_cell
from analytics_hub.cli.question import filters_given, names_given
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked, caps_of
from analytics_hub.cli.table import print_table
from analytics_hub.cli.tenants import find_tenant
from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.metrics import METRICS, METRICS_DEFAULT
from analytics_hub.domain.usage import COMPARE_PREVIOUS, UsageQuery
from analytics_hub.query.moment import parse_moment

_HIDDEN = ("events", "unpriced_events")


@guarded
def query(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="The tenant's slug.")],
    metrics: Annotated[
        list[str] | None, typer.Option("--metrics", "-m", help="Repeat, or separate by commas.")
    ] = None,
    group_by: Annotated[
        list[str] | None, typer.Option("--group-by", "-g", help="A dimension, or tag.<key>.")
    ] = None,
    start: Annotated[str, typer.Option("--from", help="2026-11-16, -24h, or RFC 3339.")] = "-24h",
    end: Annotated[str, typer.Option("--to", help="Excluded end.")] = "now",
    interval: Annotated[str, typer.Option(help="1m, 5m, 15m, 1h, 1d, 1w, 1mo or none.")] = "none",
    tz: Annotated[str, typer.Option(help="IANA zone of days and plain dates.")] = "UTC",
    filter: Annotated[  # noqa: A002
        list[str] | None, typer.Option("--filter", "-f", help="dimension=value; repeat for more values.")
    ] = None,
    order: Annotated[str, typer.Option(help="-cost_usd is the greatest first.")] = "",
    limit: Annotated[
        int | None, typer.Option("--limit", "--top", help="Groups told apart; the rest become other.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show the period of the same length just before as well.")
    ] = False,
    fill: Annotated[bool, typer.Option("--fill", help="Show empty buckets with zeros.")] = False,
    format: Annotated[str, typer.Option(help="table, csv or json.")] = "table",  # noqa: A002
) -> None:
    """Ask for usage: cost, tokens, latency, errors, by any dimension and interval."""
    if format not in _PRINTERS:
        raise InvalidInput("unknown_format", "--format", "the format is table, csv or json")
    settings, now = settings_of(context), SystemClock().now()
    wanted = names_given(metrics) or list(METRICS_DEFAULT)
    with opened(settings) as hub:
        question = UsageQuery.ask(
            find_tenant(hub, tenant).tenant_id,
            parse_moment(start, edge="from", now=now, tz=tz),
            parse_moment(end, edge="to", now=now, tz=tz),
            interval=interval,
            tz=tz,
            metrics=_with_hidden(wanted, format),
            group_by=names_given(group_by),
            filters=filters_given(filter),
            order=order or None,
            limit=limit,
            compare=COMPARE_PREVIOUS if compare else None,
            fill=fill,
            caps=caps_of(settings),
        )

        async def ask(services: Services) -> UsageAnswer:
            return await services.usage.ask(question)

        answer = asked(hub, ask)
    _PRINTERS[format](answer, wanted)


def _with_hidden(names: Sequence[str], format: str) -> list[str]:  # noqa: A002
    """A table must tell "no price" from $0, so it asks for that too."""
    return [*names, *(name for name in _HIDDEN if format == "table" and name not in names)]


def _print_table(answer: UsageAnswer, metrics: Sequence[str]) -> None:
    names = header(answer, metrics)
    rows = ([str(cell) or "(none)" for cell in row] for row in answer_rows(answer, metrics, table_cell, "–"))
    print_table(names, rows, numbers=[name for name in names if name.removeprefix("previous_") in METRICS])
    share, events = answer.coverage.event_share, answer.coverage.events
    priced = "no events in this range" if share is None else f"{share:.1%} of {events:,} events priced"
    note(f"{priced}; complete until {answer.fresh_until:%Y-%m-%d %H:%M:%S} UTC")


def _print_csv(answer: UsageAnswer, metrics: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header(answer, metrics))
    writer.writerows(answer_rows(answer, metrics, lambda name, values: values[name], None))


def _print_json(answer: UsageAnswer, _metrics: Sequence[str]) -> None:
    print_json(usage_body(answer))


_PRINTERS = {"table": _print_table, "csv": _print_csv, "json": _print_json}
