"""`hub check`: is this installation sound? Settings, native core, schema, and the walls between tenants."""

import typer

from analytics_hub.cli.console import OUT
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import check_reader
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import unknown_variables
from analytics_hub.storage.connections import connect
from analytics_hub.storage.lint import find_faults
from rust_core import reject_codes


@guarded
def check(context: typer.Context) -> None:
    """Check settings, native core, price book, schema and the walls between tenants."""
    faults = [f"{name} is no setting of ours: misspelt?" for name in unknown_variables()]
    _say("settings", "read")
    _say("core", f"{len(reject_codes())} reject codes")
    book = load_price_book()
    _say("prices", f"{book.version}, {len(book):,} models")
    with opened(settings_of(context)) as hub:
        faults += _database_faults(hub)
    for fault in faults:
        OUT.print(f"[red]fault[/red]     {fault}", soft_wrap=True)
    if faults:
        raise typer.Exit(1)
    OUT.print("[green]all is well[/green]")


def _database_faults(hub: OpenedHub) -> list[str]:
    check_reader(hub)
    with connect(hub.dsn("hub_maint"), "hub-check") as conn:
        major, minor = divmod(conn.info.server_version, 10_000)
        findings = find_faults(conn)
    _say("database", f"PostgreSQL {major}.{minor}, in {hub.place}")
    return [str(finding) for finding in findings]


def _say(what: str, words: str) -> None:
    OUT.print(f"[dim]{what:<9}[/dim] {words}")
