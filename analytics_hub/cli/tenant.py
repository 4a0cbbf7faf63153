"""`hub tenant`: make, list and look at tenants. The first key is made with the tenant, and shown once."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from analytics_hub.cli.console import OUT, note, print_json
from analytics_hub.cli.key import SCOPES_DEFAULT, issued_body, print_issued
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.table import print_table, verbatim
from analytics_hub.cli.tenants import find_tenant, list_tenants, make_tenant
from analytics_hub.domain.tenant import NewTenant, Tenant

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make, list and look at tenants.")


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
        tenant, key = make_tenant(hub, wanted, scope or SCOPES_DEFAULT)
    if as_json:
        print_json({"tenant": tenant.slug, **issued_body(key)})
        return
    OUT.print(f"tenant   {tenant.slug}")
    print_issued(key)


@app.command("show")
@guarded
def show(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(help="The tenant's slug.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show one tenant and its rules."""
    with opened(settings_of(context)) as hub:
        tenant = find_tenant(hub, slug)
    if as_json:
        print_json(_body(tenant))
        return
    facts = Table(box=None, show_header=False, pad_edge=False)
    for name, value in (
        ("tenant", tenant.slug),
        ("name", tenant.name),
        ("made", f"{tenant.created_at:%Y-%m-%d %H:%M}"),
        ("late events", _late(tenant)),
        ("declared tags", ", ".join(tenant.declared_tags) or "none"),
        ("most series", f"{tenant.series_max:,}"),
    ):
        facts.add_row(f"[dim]{name}[/dim]", verbatim(value))
    OUT.print(facts)
    note(f"hub key list {slug}, hub member list {slug}, hub audit --tenant {slug} show the rest")


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
    print_table(("tenant", "name", "late events", "declared tags", "made"), map(_row, tenants), numbers=())


def _row(tenant: Tenant) -> list[str]:
    made = f"{tenant.created_at:%Y-%m-%d %H:%M}"
    return [tenant.slug, tenant.name, _late(tenant), ", ".join(tenant.declared_tags), made]


def _late(tenant: Tenant) -> str:
    return "any age" if tenant.late_horizon is None else f"{tenant.late_horizon.days} days"


def _body(tenant: Tenant) -> dict[str, object]:
    return {
        "tenant": tenant.slug,
        "name": tenant.name,
        "late_days": None if tenant.late_horizon is None else tenant.late_horizon.days,
        "declared_tags": list(tenant.declared_tags),
        "series_max": tenant.series_max,
        "created_at": tenant.created_at,
    }
