"""`hub forecast accuracy`: what the forecasts that jobs stored were worth, week by week.

In: a tenant and a number of weeks. Out: a table, or the JSON that the API gives.
"""

from typing import Annotated

import typer

from analytics_hub.api.rest.accuracy_wire import accuracies_body, interval_text
from analytics_hub.api.services import Services
from analytics_hub.cli.console import note, print_json
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked
from analytics_hub.cli.table import print_table
from analytics_hub.cli.tenants import find_tenant
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.forecast import ForecastAccuracy
from analytics_hub.query.accuracy import WEEKS_DEFAULT, AccuracyAnswer, ask_accuracy

_NUMBERS = ("buckets", "wape", "week before", "in 80 %", "in 95 %")
_NAMES = ("week", "metric", "interval", *_NUMBERS)


@guarded
def accuracy(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="The tenant's slug.")],
    weeks: Annotated[int, typer.Option(help="The last so many whole weeks.")] = WEEKS_DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how wrong stored forecasts were, beside the week before repeated."""
    now = SystemClock().now()
    with opened(settings_of(context)) as hub:
        question = ask_accuracy(find_tenant(hub, tenant).tenant_id, now, weeks)

        async def ask(services: Services) -> AccuracyAnswer:
            return await services.findings.accuracy(question)

        answer = asked(hub, ask)
    if as_json:
        print_json(accuracies_body(answer))
    elif answer.accuracies:
        print_table(_NAMES, map(_row, answer.accuracies), numbers=_NUMBERS)
        note(
            "weeks from Monday, UTC; wape: how far off in sum; week before: how far off that was as a forecast"
        )
    else:
        note(f"no forecast was judged in {question.weeks} weeks; they are made and judged by: hub jobs run")


def _row(one: ForecastAccuracy) -> list[str]:
    shares = (one.wape, one.naive_wape, one.coverage_80, one.coverage_95)
    return [
        f"{one.week:%Y-%m-%d}",
        one.metric,
        interval_text(one.step_s),
        str(one.buckets),
        *("–" if share is None else f"{share:.1%}" for share in shares),
    ]
