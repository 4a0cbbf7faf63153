"""`hub anomalies`: what detectors found, hour by hour; most of it was too little to be told.

In: a tenant and a range. Out: a table, or the JSON that the API gives. What came of it is told by `hub incidents`.
"""

from typing import Annotated

import typer

from analytics_hub.api.rest.finding_wire import anomalies_body
from analytics_hub.api.services import Services
from analytics_hub.cli.console import print_json
from analytics_hub.cli.estimates import estimate_text, interval_text, observed_text, place_text
from analytics_hub.cli.finding_pages import print_page
from analytics_hub.cli.opened import opened
from analytics_hub.cli.question import names_given
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked
from analytics_hub.cli.tenants import find_tenant
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.incident import Anomaly
from analytics_hub.domain.page import Page
from analytics_hub.query.findings import finding_filter
from analytics_hub.query.moment import parse_moment

_NAMES = ("time", "metric", "of", "observed", "expected", "range", "score", "detector", "incident")
_NUMBERS = ("observed", "expected", "range", "score")


@guarded
def anomalies(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="The tenant's slug.")],
    start: Annotated[str, typer.Option("--from", help="Since: 2026-11-16, -24h, or RFC 3339.")] = "-7d",
    end: Annotated[str, typer.Option("--to", help="Before.")] = "now",
    metric: Annotated[list[str] | None, typer.Option(help="Only of this metric; repeat for more.")] = None,
    limit: Annotated[int, typer.Option(help="Most anomalies shown.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what detectors found, newest first."""
    now = SystemClock().now()
    with opened(settings_of(context)) as hub:
        question = finding_filter(
            find_tenant(hub, tenant).tenant_id,
            parse_moment(start, edge="from", now=now),
            parse_moment(end, edge="to", now=now),
            metrics=names_given(metric),
        )

        async def ask(services: Services) -> Page[Anomaly]:
            return await services.findings.anomalies(question, limit)

        page = asked(hub, ask)
    if as_json:
        print_json(anomalies_body(page, None))
        return
    print_page(page, _NAMES, _row, numbers=_NUMBERS, limit=limit, nothing="nothing found")


def _row(one: Anomaly) -> list[str]:
    return [
        f"{one.start:%Y-%m-%d %H:%M}",
        one.metric,
        place_text(one.place),
        observed_text(one.metric, one.observed),
        estimate_text(one.metric, one.expected),
        interval_text(one.metric, one.low, one.high),
        f"{one.score:.2f}",
        one.detector,
        str(one.incident_id or ""),
    ]
