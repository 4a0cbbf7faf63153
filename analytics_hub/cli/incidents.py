"""`hub incidents`: what happened, one thing to look at each; and what people say of it.

In: a tenant, a range or the id of an incident, a word. Out: tables, or the JSON that the API gives. Whoever answers
here acts as the operator, by the name of the operating system's user.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from analytics_hub.api.rest.finding_wire import incident_body, incidents_body
from analytics_hub.api.services import Services
from analytics_hub.cli.console import print_json
from analytics_hub.cli.default_command import group_with_default
from analytics_hub.cli.estimates import estimate_text, observed_text, place_text
from analytics_hub.cli.finding_pages import print_page
from analytics_hub.cli.opened import opened
from analytics_hub.cli.question import names_given
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked
from analytics_hub.cli.table import print_table
from analytics_hub.cli.tenants import find_tenant, operator
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.incident import Feedback, Incident, IncidentId, IncidentKind, Note
from analytics_hub.domain.page import Page
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.findings import finding_filter
from analytics_hub.query.moment import parse_moment

app = typer.Typer(
    cls=group_with_default("list"),
    no_args_is_help=True,
    add_completion=False,
    help="What happened, and what people say of it. `hub incidents --tenant acme` lists them.",
)

Tenant = Annotated[str, typer.Option(help="The tenant's slug.")]
Id = Annotated[UUID, typer.Argument(metavar="ID", help="The incident's id, from the list.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_NAMES = ("time", "lasts", "what", "of", "observed", "expected", "cost", "state", "id")
_NUMBERS = ("lasts", "observed", "expected", "cost")
_HOUR = timedelta(hours=1)
_COST = "cost_usd"


@app.command("list")
@guarded
def list_(
    context: typer.Context,
    tenant: Tenant,
    start: Annotated[
        str, typer.Option("--from", help="Begun since: 2026-11-16, -24h, or RFC 3339.")
    ] = "-30d",
    end: Annotated[str, typer.Option("--to", help="Before.")] = "now",
    metric: Annotated[list[str] | None, typer.Option(help="In which this moved; repeat for more.")] = None,
    kind: Annotated[list[IncidentKind] | None, typer.Option(help="Of this kind; repeat for more.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that go on.")] = False,
    limit: Annotated[int, typer.Option(help="Most incidents shown.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List incidents, newest first."""
    now = SystemClock().now()
    with opened(settings_of(context)) as hub:
        question = finding_filter(
            find_tenant(hub, tenant).tenant_id,
            parse_moment(start, edge="from", now=now),
            parse_moment(end, edge="to", now=now),
            metrics=names_given(metric),
            kinds=kind or (),
            open_only=open_only,
        )

        async def ask(services: Services) -> Page[Incident]:
            return await services.findings.incidents(question, limit)

        page = asked(hub, ask)
    if as_json:
        print_json(incidents_body(page, None))
        return
    print_page(page, _NAMES, _row, numbers=_NUMBERS, limit=limit, nothing="no incidents")


@app.command("show")
@guarded
def show(context: typer.Context, incident: Id, tenant: Tenant, as_json: AsJson = False) -> None:
    """Show one incident: since when, how much, whose change it is."""
    _answer(
        context,
        tenant,
        as_json,
        lambda services, owner: services.findings.incident(owner, IncidentId(incident)),
    )


@app.command("acknowledge")
@guarded
def acknowledge(context: typer.Context, incident: Id, tenant: Tenant, as_json: AsJson = False) -> None:
    """Say that somebody looks after an incident; the first one counts."""
    _answer(
        context,
        tenant,
        as_json,
        lambda services, owner: services.findings.acknowledge(owner, IncidentId(incident), operator()),
    )


@app.command("feedback")
@guarded
def feedback(
    context: typer.Context,
    incident: Id,
    word: Annotated[Feedback, typer.Argument(help="useful: more like it; noise: fewer.")],
    tenant: Tenant,
    as_json: AsJson = False,
) -> None:
    """Say whether an incident was worth being told; the last word counts."""
    _answer(
        context,
        tenant,
        as_json,
        lambda services, owner: services.findings.give_feedback(
            owner, IncidentId(incident), word, operator()
        ),
    )


def _answer(
    context: typer.Context,
    tenant: str,
    as_json: bool,
    ask: Callable[[Services, TenantId], Awaitable[Incident]],
) -> None:
    with opened(settings_of(context)) as hub:
        owner = find_tenant(hub, tenant).tenant_id
        found = asked(hub, lambda services: ask(services, owner))
    if as_json:
        print_json(incident_body(found))
    else:
        print_table(("what", "is"), _facts(found), numbers=())


def _row(one: Incident) -> list[str]:
    state = "ended" if one.ended else "open"
    said = ", ".join(
        word
        for word in (
            state,
            "" if one.told_at else "not told",
            "acknowledged" if one.acknowledged else "",
            one.feedback.value if one.feedback else "",
        )
        if word
    )
    return [
        f"{one.began_at:%Y-%m-%d %H:%M}",
        _length(one),
        f"{one.kind.value}: {one.metric}",
        place_text(one.place),
        observed_text(one.metric, one.observed),
        estimate_text(one.metric, one.expected),
        _impact(one),
        said,
        str(one.incident_id),
    ]


def _facts(one: Incident) -> Iterator[list[str]]:
    observed = observed_text(one.metric, one.observed)
    yield ["id", str(one.incident_id)]
    yield ["kind", one.kind.value]
    yield ["of", place_text(one.place)]
    state = "ended" if one.ended else "goes on"
    yield ["hours", f"{one.began_at:%Y-%m-%d %H:%M} UTC, {_length(one)}, {state}"]
    yield [one.metric, f"{observed}, expected {estimate_text(one.metric, one.expected)}"]
    yield ["cost", _impact(one) or "not what moved"]
    for part in one.contributions:
        change = f"{estimate_text(one.metric, part.change)}, {part.share:.0%} of the change"
        yield [f"by {part.dimension}", f"{part.value or '(none)'}: {change}"]
    yield ["all that moved", ", ".join(one.metrics)]
    yield ["found by", ", ".join(one.detectors)]
    yield [
        "told",
        f"{one.heard_at:%Y-%m-%d %H:%M} UTC" if one.heard_at else "no: held back by the alert budget",
    ]
    if one.acknowledged is not None:
        yield ["acknowledged", _by(one.acknowledged)]
    if one.feedback is not None and one.feedback_note is not None:
        yield ["feedback", f"{one.feedback.value}, {_by(one.feedback_note)}"]


def _by(note_: Note) -> str:
    return f"{note_.by.kind.value} {note_.by.name}, {note_.at:%Y-%m-%d %H:%M} UTC"


def _length(one: Incident) -> str:
    return f"{(one.last_at - one.began_at) // _HOUR + 1} h"


def _impact(one: Incident) -> str:
    if one.impact_usd is None:
        return ""
    sign = "+" if one.impact_usd > 0 else ""
    return sign + estimate_text(_COST, float(one.impact_usd))
