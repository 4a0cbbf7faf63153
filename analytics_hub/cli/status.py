"""`hub status`: the hub at a glance, live until Ctrl-C, once, or as JSON.

In: an opened hub. Out: how fresh, how far behind, whether the ledger holds, what was refused, what is open, who
answers. What is shown is gathered in `board.py`.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table

from analytics_hub.cli.board import gather
from analytics_hub.cli.console import ERR, OUT, print_json
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.domain.errors import HubError
from analytics_hub.domain.status import DatabaseStatus, HubStatus, PartitionStatus, ProcessStatus

# What a process tells that the database does not.
_SHOWN = (
    "hub_ledger_broken_hours",
    "hub_queue_fill",
    "hub_flush_retries_total",
    "hub_flush_fenced_total",
    "hub_partition_halted",
    "hub_worker_buffered_events",
)


@guarded
def status(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="One look, then stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One look, as one JSON object.")] = False,
) -> None:
    """Show freshness, lag, ledger, dead letters and open hours, live."""
    settings = settings_of(context)
    with opened(settings) as hub:
        if as_json:
            print_json(body(gather(hub)))
        elif once or not OUT.is_terminal:
            OUT.print(board(gather(hub)))
        else:
            _live(hub)


def _live(hub: OpenedHub) -> None:
    """A look that fails is shown in place of the board, and tried again."""
    with Live(console=OUT, screen=True, auto_refresh=False) as live:
        try:
            while True:
                live.update(_look(hub), refresh=True)
                time.sleep(hub.settings.status.every_s)
        except KeyboardInterrupt:
            pass
    ERR.print("stopped")


def _look(hub: OpenedHub) -> RenderableType:
    try:
        return board(gather(hub))
    except HubError as error:
        return f"[red]no answer[/red]  {_plain(str(error))}"


def body(found: HubStatus) -> dict[str, Any]:
    """For programs: all of it, with what is computed."""
    database = found.database
    return {
        **{name: value for name, value in asdict(database).items() if name != "partitions"},
        "freshness_s": database.freshness_s,
        "received_per_s": database.last_minute.received / 60,
        "ledger_holds": database.broken_flushes == 0,
        "partitions": [asdict(one) for one in found.log],
        "kafka_fault": found.log_fault,
        "processes": [asdict(one) for one in found.processes],
    }


def board(found: HubStatus) -> RenderableType:
    parts: list[RenderableType] = [_flow(found.database)]
    if found.log_fault:
        parts += ["", f"[red]kafka[/red]  {_plain(found.log_fault)}"]
    if found.log:
        parts += ["", _log(found.log, found.database.taken_at)]
    parts += ["", _processes(found.processes)]
    return Group(*parts)


def _flow(database: DatabaseStatus) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", min_width=14)
    table.add_column()
    hour, minute = database.last_hour, database.last_minute
    table.add_row("taken at", f"{database.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    table.add_row(
        "freshness",
        "nothing was ever flushed" if database.freshness_s is None else _age(database.freshness_s),
    )
    table.add_row(
        "last minute", f"{minute.received / 60:,.1f} events/s received, {minute.stored / 60:,.1f} stored"
    )
    table.add_row(
        "last hour",
        f"{hour.received:,} = {hour.stored:,} stored + {hour.duplicate:,} duplicate + {hour.rejected:,} rejected",
    )
    table.add_row(
        "ledger",
        "[green]holds[/green]"
        if not database.broken_flushes
        else f"[red]broken[/red] in {database.broken_flushes:,} flushes of the last hour; hub check names the hours",
    )
    table.add_row(
        "dead letters",
        f"{database.letters_today:,} today, {database.letter_bytes_today / 1024**2:,.1f} MiB, "
        f"{database.rejects_counted_only_today:,} counted only",
    )
    since = f", the oldest of {database.oldest_open_hour:%m-%d %H:%M}" if database.oldest_open_hour else ""
    table.add_row("open hours", f"{database.open_hours:,} are over and not closed{since}")
    return table


def _log(partitions: tuple[PartitionStatus, ...], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("topic", "partition", "offset", "lag", "oldest", "last flush"):
        table.add_column(title, justify="left" if title == "topic" else "right")
    for one in partitions:
        table.add_row(
            one.topic,
            str(one.number),
            "unclaimed" if one.next_offset is None else f"{one.next_offset:,}",
            f"{one.lag_messages:,}",
            "?" if one.lag_s is None else _age(one.lag_s),
            "" if one.moved_at is None else _age((now - one.moved_at).total_seconds()) + " ago",
        )
    total = sum(one.lag_messages for one in partitions)
    ages = [one.lag_s for one in partitions if one.lag_s is not None]
    table.add_row("[bold]all[/bold]", "", "", f"{total:,}", _age(max(ages)) if ages else "?", "")
    return table


def _processes(processes: tuple[ProcessStatus, ...]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for one in processes:
        words = f"[dim]{_plain(one.fault)}[/dim]" if one.samples is None else _words(one.samples)
        table.add_row(f"[dim]{one.name}[/dim]", one.address, words)
    return table


def _words(samples: Mapping[str, float]) -> str:
    told = [
        f"{name.removeprefix('hub_')} {value:g}" for name, value in samples.items() if name.startswith(_SHOWN)
    ]
    return _plain(", ".join(told)) or "answers"


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _age(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
