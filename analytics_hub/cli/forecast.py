"""`hub forecast`: what usage and cost are expected to be, and what the month will have cost at its end.

In: the words of `hub query`, with a horizon in place of a range. Out: a table with intervals and how far to trust it,
or the JSON that the API gives. How it is made is in `analytics_hub/query/forecasting.py`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from analytics_hub.api.rest.forecast_wire import forecasts_body
from analytics_hub.api.rest.month_wire import month_body
from analytics_hub.api.services import Services
from analytics_hub.cli.console import OUT, note, print_json
from analytics_hub.cli.default_command import group_with_default
from analytics_hub.cli.estimates import estimate_text, interval_text
from analytics_hub.cli.forecast_accuracy import accuracy
from analytics_hub.cli.opened import opened
from analytics_hub.cli.question import filters_given, names_given
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked, caps_of
from analytics_hub.cli.table import print_table
from analytics_hub.cli.tenants import find_tenant
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.forecast import History, SeriesForecast
from analytics_hub.domain.forecast_query import ForecastAnswer, Forecasted, Source
from analytics_hub.domain.month_forecast import COST, MonthForecast
from analytics_hub.query.forecast_history import ask_forecast
from analytics_hub.query.month import ask_month

_SAID = {
    History.SHORT: "too little history for a backtest, so read it with care",
    History.INTERMITTENT: "most buckets are empty, so read it with care",
    History.NONE: "no events yet, so nothing is forecast",
}


app = typer.Typer(
    cls=group_with_default("show"),
    no_args_is_help=True,
    add_completion=False,
    help="What usage and cost are expected to be: `hub forecast --tenant acme`, with the options of `show`.",
)


@app.command("show")
@guarded
def forecast(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="The tenant's slug.")],
    metrics: Annotated[
        list[str] | None, typer.Option("--metrics", "-m", help="cost_usd by default; repeat, or commas.")
    ] = None,
    group_by: Annotated[
        list[str] | None, typer.Option("--group-by", "-g", help="A dimension, or tag.<key>.")
    ] = None,
    interval: Annotated[str, typer.Option(help="1h or 1d.")] = "1d",
    horizon: Annotated[int, typer.Option(help="How many hours or days, the running one among them.")] = 7,
    tz: Annotated[str, typer.Option(help="IANA zone of hours, days and the month.")] = "UTC",
    filter: Annotated[  # noqa: A002
        list[str] | None, typer.Option("--filter", "-f", help="dimension=value; repeat for more values.")
    ] = None,
    top: Annotated[
        int | None, typer.Option("--limit", "--top", help="Groups told apart; the rest become other.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what usage and cost are expected to be, and what the month will cost."""
    settings, now = settings_of(context), SystemClock().now()
    with opened(settings) as hub:
        owner, filters = find_tenant(hub, tenant).tenant_id, filters_given(filter)
        question = ask_forecast(
            owner,
            now,
            interval=interval,
            horizon=horizon,
            tz=tz,
            metrics=names_given(metrics),
            group_by=names_given(group_by),
            filters=filters,
            top=top,
            caps=caps_of(settings),
            forecast_caps=settings.forecast.caps(),
        )
        month = ask_month(
            owner,
            now,
            tz=tz,
            filters=filters,
            caps=caps_of(settings),
            forecast_caps=settings.forecast.caps(),
        )

        async def ask(services: Services) -> tuple[ForecastAnswer, MonthForecast]:
            return await services.forecasts.ask(question), await services.months.ask(month)

        answer, end = asked(hub, ask)
    if as_json:
        print_json({"forecasts": forecasts_body(answer), "month": month_body(end)})
        return
    _print_forecast(answer)
    OUT.print(_month_line(end))


def _print_forecast(answer: ForecastAnswer) -> None:
    usage, metrics = answer.query.usage, answer.query.metrics
    numbers = [name for metric in metrics for name in (metric, *_interval_names(metric, metrics))]
    rows = list(_rows(answer))
    if any(one.forecast.points for series in answer.series for one in series.metrics):
        print_table(("time", *usage.group_by, *numbers), rows, numbers=numbers)
        note(f"times of {usage.tz}")
    for said in dict.fromkeys(_trust(one) for series in answer.series for one in series.metrics):
        note(said)
    if not answer.series:
        note(f"nothing to group in the last {(usage.end - usage.start).days} days")


def _interval_names(metric: str, metrics: Sequence[str]) -> tuple[str, str]:
    """The name of the metric stands before them where there are several."""
    return (f"{metric} 80 %", f"{metric} 95 %") if len(metrics) > 1 else ("80 %", "95 %")


def _rows(answer: ForecastAnswer) -> Iterator[list[str]]:
    usage = answer.query.usage
    for series in answer.series:
        group = ["(other)" if series.other else series.group[name] or "(none)" for name in usage.group_by]
        for place, start in enumerate(answer.starts):
            cells = [cell for one in series.metrics for cell in _cells(one.forecast, place)]
            yield [moment_text(start, usage.zone), *group, *cells]


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """When the clocks go back an hour comes twice: the second one says its offset."""
    local = moment.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M %z}" if local.fold else f"{local:%Y-%m-%d %H:%M}"


def _cells(found: SeriesForecast, place: int) -> tuple[str, str, str]:
    if not found.points:
        return "–", "–", "–"
    point = found.points[place]
    return (
        estimate_text(found.metric, point.value),
        interval_text(found.metric, point.low_80, point.high_80),
        interval_text(found.metric, point.low_95, point.high_95),
    )


def _trust(one: Forecasted) -> str:
    """In one line what it is made of, and how wrong it was before."""
    found = one.forecast
    if found.history is History.NONE:
        return f"{found.metric}: {_SAID[History.NONE]}"
    whose = "" if not found.dimension else f" of {found.dimension} {found.value or '(none)'}"
    made = (
        f"made {found.made_at:%Y-%m-%d %H:%M} UTC by a job"
        if one.source is Source.STORED
        else "made just now"
    )
    parts = [f"{found.metric}{whose}: {found.model}, {made}"]
    if found.trained_from is not None:
        parts.append(f"learned from {found.trained_from:%Y-%m-%d} on")
    if found.error is not None and found.error.wape is not None:
        parts.append(f"in its backtest wrong by {found.error.wape:.0%} of the sum")
    if found.history in _SAID:
        parts.append(_SAID[found.history])
    return "; ".join(parts)


def _month_line(end: MonthForecast) -> str:
    name = f"{end.query.start.astimezone(end.query.usage.zone):%B}"
    spent = estimate_text(COST, float(end.spent_usd))
    if end.expected is None:
        return f"{name}: {spent} so far; no whole day of history yet, so no expectation"
    line = f"{name}: {spent} so far, {estimate_text(COST, end.expected)} expected at its end"
    bounds = [
        f"{level} %: {interval_text(COST, low, high)}"
        for level, (low, high) in end.intervals.items()
        if high is not None
    ]
    return f"{line} ({', '.join(bounds)})" if bounds else f"{line}; too little history for an interval"


app.command("accuracy")(accuracy)
