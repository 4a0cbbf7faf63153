"""`hub retention run`: drop what is older than the settings keep, once. A serving process does it hourly by itself."""

from typing import Annotated

import typer

from analytics_hub.cli.console import OUT
from analytics_hub.cli.opened import opened
from analytics_hub.cli.retaining import planned, retain
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.storage.retention import LevelReport

app = typer.Typer(help="Drop old events, minutes, hours and rejects.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Makes a group of one command."""


@app.command()
@guarded
def run(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be dropped.")] = False,
) -> None:
    """Drop what is older than HUB_RETENTION_… keeps, whole days of closed hours only."""
    with opened(settings_of(context)) as hub:
        report = planned(hub) if dry_run else retain(hub)
    for level in report.levels:
        OUT.print(_line(level, "would drop" if dry_run else "dropped"), soft_wrap=True)
    if not dry_run:
        OUT.print(f"[dim]rejects  [/dim] dropped {report.letters:,}")
        if report.compacted or report.busy:
            OUT.print(f"[dim]chunks   [/dim] compacted {report.compacted:,}{_busy(report.busy)}")


def _line(level: LevelReport, verb: str) -> str:
    horizon = level.horizon
    name = f"[dim]{horizon.level:<9}[/dim]"
    if horizon.at is None:
        return f"{name} kept for ever"
    words = f"{name} {verb} {len(level.dropped):,} days or chunks before {horizon.at:%Y-%m-%d}"
    if level.purged:
        words += f", {level.purged:,} events"
    if horizon.held_back_by:
        words += f", held back by {horizon.held_back_by}"
    return words + _busy(level.busy)


def _busy(reason: str) -> str:
    return f", the rest next time: {reason}" if reason else ""
