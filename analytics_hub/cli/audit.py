"""`hub audit`: who did what in a tenant's name, or in that of any of them."""

from typing import Annotated, Any

import typer

from analytics_hub.api.rest.access_wire import line_body
from analytics_hub.cli.console import note, note_more, print_json
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.table import print_table
from analytics_hub.cli.tenants import open_books
from analytics_hub.domain.audit import AuditLine
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.query.moment import parse_moment


@guarded
def audit(
    context: typer.Context,
    tenant: Annotated[str | None, typer.Option(help="The tenant's slug; all of them by default.")] = None,
    start: Annotated[str, typer.Option("--from", help="Since: 2026-11-16, -24h, or RFC 3339.")] = "-30d",
    end: Annotated[str, typer.Option("--to", help="Before.")] = "now",
    limit: Annotated[int, typer.Option(help="Most lines shown.", min=1, max=100_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the audit log: every act on tenants, keys and members, newest first."""
    now = SystemClock().now()
    first, last = parse_moment(start, edge="from", now=now), parse_moment(end, edge="to", now=now)
    if first >= last:
        raise InvalidInput("empty_range", "to", "The range ends before it starts.")
    with opened(settings_of(context)) as hub, open_books(hub) as books:
        owner = books.tenants.find(tenant).tenant_id if tenant else None
        lines = books.audit.newest(owner, first, last, limit + 1)
    shown = lines[:limit]
    if as_json:
        print_json([{"tenant": line.tenant, **line_body(line)} for line in shown])
        return
    if shown:
        print_table(("time", "tenant", "who", "action", "what", "details"), map(_row, shown), numbers=())
    else:
        note("nothing in this range; --from looks further back")
    if len(lines) > limit:
        note_more(limit)


def _row(line: AuditLine) -> list[str]:
    return [
        f"{line.at:%Y-%m-%d %H:%M:%S}",
        line.tenant,
        f"{line.actor.kind} {line.actor.name}",
        line.action,
        line.subject,
        ", ".join(
            f"{name} {_detail(value)}" for name, value in line.detail.items() if value not in (None, "", [])
        ),
    ]


def _detail(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
