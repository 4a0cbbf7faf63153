"""`hub load`: files of events into the database.

In: paths, a tenant. Out: a summary of what was received, stored, known already and refused. The exit status
says whether the load worked, not whether every event was good: refused events are in the dead letters, with
their code and line.
"""

from typing import Annotated, Any

import typer
from rich.table import Table

from analytics_hub.cli.closing import close_due_hours
from analytics_hub.cli.console import ERR, OUT, note, print_json
from analytics_hub.cli.history import HistoryReport
from analytics_hub.cli.history_bounds import retention_notes
from analytics_hub.cli.loading import LoadReport, load_sources
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.sources import open_sources
from analytics_hub.cli.tenants import find_tenant
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import InvalidInput
from ingest.csv_trace import TraceMapping

REJECTS_SHOWN_MAX = 5


@guarded
def load(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(help="Files to load; - is the standard input.", metavar="FILE...")
    ],
    tenant: Annotated[str, typer.Option(help="The tenant's slug.")],
    format: Annotated[str, typer.Option(help="auto, ndjson, json, csv or parquet.")] = "auto",  # noqa: A002
    history: Annotated[
        bool, typer.Option("--history", help="Take events of any age; close the days on the way.")
    ] = False,
    provider: Annotated[str, typer.Option(help="For traces: the provider of its requests.")] = "",
    model: Annotated[str, typer.Option(help="For traces: the model of its requests.")] = "",
    project: Annotated[str, typer.Option(help="For traces: the project of its requests.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Load events. Loading the same file again changes no total.

    Reads NDJSON, JSON, Parquet with canonical columns, and CSV traces of known shape (these need --provider, --model
    and --project). Compressed with gzip or not. Months of history load best in the order of time: a day that the load
    has passed is closed while it goes on.
    """
    settings = settings_of(context)
    sources = open_sources(files, format, settings, _mapping(provider, model, project))
    with opened(settings) as hub:
        owner = find_tenant(hub, tenant)
        report = load_sources(hub, sources, owner, any_age=history, close=history, show=not as_json)
        if not history:
            close_due_hours(hub, owner.tenant_id)
        _print(hub, report, tenant, as_json=as_json)
    if report.stopped:
        raise typer.Exit(130)
    if report.history is not None and report.history.error is not None:
        raise report.history.error


def _mapping(provider: str, model: str, project: str) -> TraceMapping | None:
    given = [bool(provider), bool(model), bool(project)]
    if not any(given):
        return None
    if not all(given):
        raise InvalidInput(
            "trace_needs_mapping", "--provider", "--provider, --model and --project go together"
        )
    return TraceMapping(provider, model, project)


def _print(hub: OpenedHub, report: LoadReport, tenant: str, *, as_json: bool) -> None:
    if as_json:
        print_json(summary(report, tenant))
        return
    count = report.count
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    for name in ("received", "stored", "duplicate", "rejected"):
        table.add_row(name, f"{getattr(count, name):,}")
    OUT.print(table)
    OUT.print(f"[dim]in {report.seconds:.2f} s, {report.rows_per_s:,.0f} events/s, into {hub.place}[/dim]")
    if report.history is not None:
        _print_history(hub, report.history)
    if report.stopped:
        ERR.print("[yellow]stopped[/yellow] before the end; load the file again for the rest")
    _print_rejects(report)


def _print_history(hub: OpenedHub, history: HistoryReport) -> None:
    if history.first is None or history.last is None:
        return
    OUT.print(
        f"{history.days:,} days from {history.first:%Y-%m-%d} to {history.last:%Y-%m-%d}; "
        f"closed {history.closed_hours:,} hours and {history.closed_days:,} days in {history.closing_s:.2f} s, "
        f"the last {history.after_load_s:.2f} s after the load"
    )
    for text in retention_notes(hub.settings.retention, history.first, SystemClock().now()):
        note(text)
    if not history.complete:
        note(
            "not all of it is closed: answers are exact, only slower, until hub close or a serving process is done"
        )


def _print_rejects(report: LoadReport) -> None:
    if not report.count.rejected:
        return
    codes = ", ".join(f"{code} × {times:,}" for code, times in sorted(report.reject_codes.items()))
    OUT.print(f"\nrejected: {codes}")
    for at, (origin, reject) in enumerate(report.rejects):
        if at == REJECTS_SHOWN_MAX:
            OUT.print("  …  (all of them: hub dead-letters list; what a code means: hub rejects)")
            return
        where = f"{reject.field}: " if reject.field else ""
        OUT.print(f"  {origin}:{reject.position}  {reject.code}  {where}{reject.text}", markup=False)


def summary(report: LoadReport, tenant: str) -> dict[str, Any]:
    """The report for programs."""
    count = report.count
    return {
        "tenant": tenant,
        "received": count.received,
        "stored": count.stored,
        "duplicate": count.duplicate,
        "rejected": count.rejected,
        "balanced": count.balanced,
        "seconds": round(report.seconds, 6),
        "events_per_s": round(report.rows_per_s),
        "stopped": report.stopped,
        "history": None if report.history is None else _history(report.history),
        "reject_codes": report.reject_codes,
        "warnings": report.warnings,
        "rejects": [
            {
                "origin": origin,
                "position": reject.position,
                "at_byte": reject.at_byte,
                "code": reject.code,
                "field": reject.field,
                "message": reject.text,
            }
            for origin, reject in report.rejects
        ],
    }


def _history(history: HistoryReport) -> dict[str, Any]:
    return {
        "days": history.days,
        "first_day": None if history.first is None else f"{history.first:%Y-%m-%d}",
        "last_day": None if history.last is None else f"{history.last:%Y-%m-%d}",
        "closed_hours": history.closed_hours,
        "closed_days": history.closed_days,
        "closing_s": round(history.closing_s, 6),
        "after_load_s": round(history.after_load_s, 6),
        "complete": history.complete,
    }
