"""How `hub demo` shows what it did: tables for people, one JSON object for programs.

In: the load's report, the answer by model and project, the ledger. Out: text on standard output.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.panel import Panel
from rich.table import Table

from analytics_hub.cli.console import OUT
from analytics_hub.cli.loading import LoadReport
from analytics_hub.cli.query_rows import shown
from analytics_hub.domain.answer import Series, UsageAnswer
from analytics_hub.domain.ledger import Ledger

METRICS: Final = (
    "cost_usd",
    "events",
    "errors",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "unpriced_events",
    "latency_p50_ms",
    "latency_p95_ms",
    "ttft_p50_ms",
)
GROUP_BY: Final = ("provider", "model", "project")


@dataclass(frozen=True, slots=True)
class DemoResult:
    """Everything that one run found out."""

    tenant: str
    what: str
    start: datetime
    end: datetime
    load: LoadReport
    closed_hours: int
    answer: UsageAnswer
    answer_ms: float
    ledger: Ledger
    total_s: float


def demo_body(result: DemoResult) -> dict[str, Any]:
    """The result for programs."""
    coverage, count = result.answer.coverage, result.ledger.total
    return {
        "tenant": result.tenant,
        "data": result.what,
        "from": result.start,
        "to": result.end,
        "totals": dict(result.answer.total),
        "by_model": [dict(series.group) | dict(series.total) for series in result.answer.series],
        "coverage": {
            "events": coverage.events,
            "unpriced_events": coverage.unpriced_events,
            "partial_events": coverage.partial_events,
            "estimated_events": coverage.estimated_events,
            "event_share": coverage.event_share,
            "tokens": coverage.tokens,
            "unpriced_tokens": coverage.unpriced_tokens,
            "token_share": coverage.token_share,
        },
        "ledger": {
            "received": count.received,
            "stored": count.stored,
            "duplicate": count.duplicate,
            "rejected": count.rejected,
            "balanced": result.ledger.balanced,
        },
        "timing": {
            "load_s": round(result.load.seconds, 3),
            "events_per_s": round(result.load.rows_per_s),
            "answer_ms": round(result.answer_ms, 1),
            "total_s": round(result.total_s, 3),
        },
    }


def print_demo(result: DemoResult) -> None:
    """The result for people."""
    load, count = result.load, result.ledger.total
    OUT.print(f"\n[bold]LLM Analytics Hub[/bold]  tenant {result.tenant}")
    OUT.print(f"[dim]data[/dim]      {result.what}")
    OUT.print(
        f"[dim]loaded[/dim]    {count.received:,} requests in {load.seconds:.2f} s"
        f" ({load.rows_per_s:,.0f}/s): decoded, priced, rolled up, committed"
    )
    OUT.print(f"[dim]closed[/dim]    {_hours(result.closed_hours)}")
    OUT.print(
        f"[dim]asked[/dim]     {result.start:%Y-%m-%d %H:%M} to {result.end:%Y-%m-%d %H:%M} UTC,"
        f" answered in {result.answer_ms:.0f} ms\n"
    )
    OUT.print(_models(result.answer))
    OUT.print()
    OUT.print(Panel(_facts(result), expand=False, border_style="dim"))


def _hours(closed: int) -> str:
    if closed == 1:
        return "the hour that is over, into one row a series"
    return f"the {closed} hours that are over, into one row a series each"


def _models(answer: UsageAnswer) -> Table:
    """Fits a terminal of 80 columns."""
    numbers = ("events", "input_tokens", "output_tokens", "cost_usd")
    titles = ("requests", "input tok", "output tok", "cost")
    table = Table(
        title="Cost by model",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_footer=True,
        pad_edge=False,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("model", footer="total", no_wrap=True)
    table.add_column("project", no_wrap=True)
    for name, title in zip(numbers, titles, strict=True):
        table.add_column(title, justify="right", footer=_cell(name, answer.total), no_wrap=True)
    table.add_column("per 1k", justify="right", footer=_per_thousand(answer.total), no_wrap=True)
    for series in answer.series:
        cells = [_cell(name, series.total) for name in numbers]
        table.add_row(_model(series), series.group.get("project", ""), *cells, _per_thousand(series.total))
    return table


def _model(series: Series) -> str:
    return "other" if series.other else series.group["model"]


def _cell(name: str, values: Mapping[str, Any]) -> str:
    """Money to the cent, but never $0.00 where nothing is priced."""
    if name == "cost_usd":
        return "unpriced" if _unpriced(values) else f"${float(values[name]):,.2f}"
    return shown(name, values[name])


def _per_thousand(values: Mapping[str, Any]) -> str:
    if not values["events"] or _unpriced(values):
        return "–"
    return f"${1000 * float(values['cost_usd']) / values['events']:,.2f}"


def _unpriced(values: Mapping[str, Any]) -> bool:
    return bool(values["events"]) and values["unpriced_events"] == values["events"]


def _facts(result: DemoResult) -> Table:
    answer, count = result.answer, result.ledger.total
    coverage = answer.coverage
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="dim")
    facts.add_column()
    facts.add_row("cost, exact", f"${answer.total['cost_usd']}")
    facts.add_row("tokens", f"{shown('total_tokens', answer.total['total_tokens'])}")
    facts.add_row("latency", _timing(answer, "latency_p50_ms", "latency_p95_ms"))
    facts.add_row("first token", _timing(answer, "ttft_p50_ms"))
    facts.add_row("priced", _coverage(coverage.event_share, coverage.events, coverage.unpriced_events))
    balance = "=" if result.ledger.balanced else "[red]≠[/red]"
    facts.add_row(
        "ledger",
        f"received {count.received:,} {balance} stored {count.stored:,} + duplicate {count.duplicate:,}"
        f" + rejected {count.rejected:,}",
    )
    return facts


def _timing(answer: UsageAnswer, *names: str) -> str:
    known = [
        f"{name.split('_')[1]} {answer.total[name]:,.0f} ms"
        for name in names
        if answer.total[name] is not None
    ]
    return ", ".join(known) or "not recorded in this trace"


def _coverage(share: float | None, events: int, unpriced: int) -> str:
    if share is None:
        return "no events"
    return f"{share:.1%} of {events:,} requests" + (f"; {unpriced:,} without a price" if unpriced else "")
