"""`hub close`: close the hours that are over, once. A serving process does it by itself every few seconds."""

import time
from typing import Annotated

import typer

from analytics_hub.cli.closing import close_due_hours
from analytics_hub.cli.closing_watch import shown
from analytics_hub.cli.console import OUT, note
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.tenants import find_tenant
from analytics_hub.domain.errors import Broken


@guarded
def close(
    context: typer.Context, tenant: Annotated[str, typer.Option(help="Only this tenant's hours.")] = ""
) -> None:
    """Close the hours that are over. Answers are exact without it, only slower."""
    with opened(settings_of(context)) as hub:
        one = find_tenant(hub, tenant).tenant_id if tenant else None
        began = time.monotonic()
        with shown(everybody=one is None) as watch:
            report = close_due_hours(hub, one, watch)
        seconds = time.monotonic() - began
    OUT.print(
        f"closed {report.hours:,} hours and {report.days:,} days in {seconds:.1f} s"
        f" ({report.transactions:,} transactions, {report.conflicts:,} begun again)"
    )
    if report.busy:
        note(f"{len(report.busy)} tenants are being closed by another process")
    if report.failed:
        raise Broken("tenants_not_closed", f"{len(report.failed)} tenants could not be closed: see the log")
