"""`hub check`: is this installation sound? Settings, native core, schema, the walls between tenants,
the ledger, and the topics of the stream where one is configured.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from analytics_hub.cli.console import OUT
from analytics_hub.cli.ledger_watch import ledger_faults
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import check_reader
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import Settings, unknown_variables
from analytics_hub.storage.connections import connect
from analytics_hub.storage.lint import find_faults
from ingest.kafka.safety import topic_findings
from rust_core import reject_codes


@guarded
def check(
    context: typer.Context,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Count the events of every day for the ledger.")
    ] = False,
) -> None:
    """Check settings, native core, price book, schema, the walls between tenants, and the stream."""
    faults = [f"{name} is no setting of ours: misspelt?" for name in unknown_variables()]
    _say("settings", "read")
    _say("core", f"{len(reject_codes())} reject codes")
    book = load_price_book()
    _say("prices", f"{book.version}, {len(book):,} models")
    settings = settings_of(context)
    with opened(settings) as hub:
        faults += _database_faults(hub)
        faults += _ledger_faults(hub, thorough=thorough)
    if "bootstrap_servers" in settings.kafka.model_fields_set:
        faults += _stream_faults(settings)
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


def _ledger_faults(hub: OpenedHub, *, thorough: bool) -> Sequence[str]:
    faults = ledger_faults(hub, thorough=thorough)
    if not faults:
        _say("ledger", f"holds in the last {hub.settings.ledger.check_hours} hours")
    return faults


def _stream_faults(settings: Settings) -> list[str]:
    """Weak topics are told, but they work: they fail no check."""
    findings = topic_findings(settings.kafka, settings.producer)
    _say("kafka", f"{settings.kafka.topic} at {settings.kafka.bootstrap_servers}")
    for finding in findings:
        if finding.kind == "weakness":
            OUT.print(f"[yellow]weak[/yellow]      {finding.text}", soft_wrap=True)
    return [finding.text for finding in findings if finding.kind == "fault"]


def _say(what: str, words: str) -> None:
    OUT.print(f"[dim]{what:<9}[/dim] {words}")
