"""`hub tenant`: make and list tenants, give out keys. A key is shown once and never again."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from analytics_hub.cli.console import OUT, note, print_json
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.tenants import list_tenants, make_key, make_tenant
from analytics_hub.domain.tenant import NewTenant, Tenant

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Make and list tenants, give out API keys."
)

_SCOPES = ["ingest", "query"]


@app.command("create")
@guarded
def create(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(help="Short name, like acme-prod.")],
    name: Annotated[str, typer.Option(help="Name for people.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Declare a tag as a dimension; up to 8.")] = None,
    late_days: Annotated[
        int | None, typer.Option(help="Oldest event taken, in days; 0 takes any age.", min=0)
    ] = None,
    scope: Annotated[list[str] | None, typer.Option(help="What its first key may do.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a tenant and print its first API key, once."""
    settings = settings_of(context)
    days = settings.decode.late_horizon_days if late_days is None else late_days
    wanted = NewTenant(
        slug, name, late_horizon=timedelta(days=days) if days else None, declared_tags=tuple(tag or ())
    )
    with opened(settings) as hub:
        tenant, key = make_tenant(hub, wanted, scope or _SCOPES)
    if as_json:
        print_json({"tenant": tenant.slug, "api_key": key.text, "scopes": sorted(key.scopes)})
        return
    OUT.print(f"tenant   {tenant.slug}")
    OUT.print(f"api key  {key.text}")
    note(f"may {', '.join(sorted(key.scopes))}; it is not shown again")


@app.command("key")
@guarded
def key(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(help="The tenant's slug.")],
    scope: Annotated[list[str] | None, typer.Option(help="What the key may do.")] = None,
) -> None:
    """Make another API key for a tenant and print it, once."""
    with opened(settings_of(context)) as hub:
        OUT.print(make_key(hub, slug, scope or _SCOPES).text)


@app.command("list")
@guarded
def list_(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """List the tenants."""
    with opened(settings_of(context)) as hub:
        tenants = list_tenants(hub)
    if as_json:
        print_json([_body(tenant) for tenant in tenants])
        return
    if not tenants:
        note("no tenant yet; make one with: hub tenant create NAME")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("tenant", "name", "late events", "declared tags", "made"):
        table.add_column(title, no_wrap=title in {"tenant", "made"})
    for tenant in tenants:
        table.add_row(
            tenant.slug,
            tenant.name,
            "any age" if tenant.late_horizon is None else f"{tenant.late_horizon.days} days",
            ", ".join(tenant.declared_tags),
            f"{tenant.created_at:%Y-%m-%d %H:%M}",
        )
    OUT.print(table)


def _body(tenant: Tenant) -> dict[str, object]:
    return {
        "tenant": tenant.slug,
        "name": tenant.name,
        "late_days": None if tenant.late_horizon is None else tenant.late_horizon.days,
        "declared_tags": list(tenant.declared_tags),
        "series_max": tenant.series_max,
        "created_at": tenant.created_at,
    }
