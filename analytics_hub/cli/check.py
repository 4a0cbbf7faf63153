"""`hub check`: is this installation sound? Settings, native core, schema, the walls between tenants,
the engine and its jobs, the ledger; the topics of the stream and the issuer of sign-ins where they are configured.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from analytics_hub.cli.console import OUT
from analytics_hub.cli.ledger_watch import ledger_faults
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import check_reader
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import OidcSettings, Settings, unknown_variables
from analytics_hub.storage.connections import connect
from analytics_hub.storage.engine import read_engine
from analytics_hub.storage.lint import find_faults
from analytics_hub.storage.migrate import changed_migrations
from analytics_hub.storage.retention import read_state
from analytics_hub.storage.retention_horizon import LEVELS, NEVER, Level
from analytics_hub.tenancy.oidc.fetch import FetchFailed
from analytics_hub.tenancy.oidc.issuer_keys import fetch_keys
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
        faults += _engine_faults(hub)
        faults += _ledger_faults(hub, thorough=thorough)
    if "bootstrap_servers" in settings.kafka.model_fields_set:
        faults += _stream_faults(settings)
    if settings.oidc.issuer is not None:
        faults += _issuer_faults(settings.oidc)
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
    with connect(hub.dsn("hub_owner"), "hub-check") as conn:
        changed = changed_migrations(conn)
    _say("database", f"PostgreSQL {major}.{minor}, in {hub.place}")
    edited = [f"migration_changed: {name} (it was edited after this database had it)" for name in changed]
    return [*edited, *(str(finding) for finding in findings)]


def _engine_faults(hub: OpenedHub) -> Sequence[str]:
    with connect(hub.dsn("hub_maint"), "hub-check") as conn:
        engine = read_engine(conn)
        retention = read_state(conn)
    if engine.version is None:
        _say("engine", "plain PostgreSQL: day partitions; no columnstore, no background jobs")
    else:
        columns = [table for table in engine.tables if table.columnstore]
        chunks = sum(table.chunks for table in engine.tables)
        _say(
            "engine",
            f"TimescaleDB {engine.version}: {len(columns)} of {len(engine.tables)} tables with columnstore, "
            f"{sum(table.column_chunks for table in columns):,} of {chunks:,} chunks are columns",
        )
        runs = [job.last_run_at for job in engine.jobs if job.last_run_at is not None]
        last = f"the last run began {max(runs):%Y-%m-%d %H:%M} UTC" if runs else "none has run yet"
        _say("jobs", f"{len(engine.jobs)} background jobs, {last}")
    _say("retention", ", ".join(_dropped(level, retention.dropped(level)) for level in LEVELS))
    return engine.faults


def _dropped(level: Level, before: datetime) -> str:
    return f"{level} whole" if before <= NEVER else f"{level} from {before:%Y-%m-%d}"


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


def _issuer_faults(oidc: OidcSettings) -> list[str]:
    """Whether it answers, as itself, with keys that can be used."""
    try:
        keys = asyncio.run(fetch_keys(oidc))
    except FetchFailed as error:
        return [f"the issuer of sign-ins: {error}"]
    names = {name for name, _ in keys}
    algorithms = sorted({algorithm for _, algorithm in keys})
    _say("sign-in", f"{oidc.issuer}: {len(names)} keys, {', '.join(algorithms)}")
    return []


def _say(what: str, words: str) -> None:
    OUT.print(f"[dim]{what:<9}[/dim] {words}")
