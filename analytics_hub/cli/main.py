"""The `hub` command: wires one file a command together, reads the settings once, keeps tracebacks for
--debug.

In: the command line and HUB_ variables. Out: what the commands print, and an exit status (`running.py`).
"""

from importlib import metadata
from typing import Annotated

import typer

from analytics_hub.cli.console import OUT, print_error
from analytics_hub.cli.lazy import lazy_group
from analytics_hub.cli.running import Invocation
from analytics_hub.domain.errors import HubError
from analytics_hub.settings import load_settings
from analytics_hub.telemetry.logs import configure_logging

COMMANDS = {
    "demo": "analytics_hub.cli.demo:demo",
    "up": "analytics_hub.cli.up:up",
    "collector": "analytics_hub.cli.collector:collector",
    "load": "analytics_hub.cli.load:load",
    "worker": "analytics_hub.cli.worker:worker",
    "simulate": "analytics_hub.cli.simulate:simulate",
    "query": "analytics_hub.cli.query:query",
    "events": "analytics_hub.cli.events:events",
    "users": "analytics_hub.cli.users:users",
    "forecast": "analytics_hub.cli.forecast:app",
    "anomalies": "analytics_hub.cli.anomalies:anomalies",
    "incidents": "analytics_hub.cli.incidents:app",
    "kafka": "analytics_hub.cli.kafka:app",
    "tenant": "analytics_hub.cli.tenant:app",
    "key": "analytics_hub.cli.key:app",
    "member": "analytics_hub.cli.member:app",
    "audit": "analytics_hub.cli.audit:audit",
    "close": "analytics_hub.cli.close:close",
    "retention": "analytics_hub.cli.retention:app",
    "dead-letters": "analytics_hub.cli.dead_letters:app",
    "rejects": "analytics_hub.cli.rejects:rejects",
    "jobs": "analytics_hub.cli.jobs:app",
    "backtest": "analytics_hub.cli.backtest:app",
    "status": "analytics_hub.cli.status:status",
    "check": "analytics_hub.cli.check:check",
    "migrate": "analytics_hub.cli.migrate:migrate",
}

app = typer.Typer(
    cls=lazy_group(COMMANDS),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="LLM usage analytics: every call counted once, priced as of its moment, queryable at once.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        OUT.print(metadata.version("llm-analytics-hub"))
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[  # noqa: ARG001 - its callback does the work, before a command is asked for
        bool,
        typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Read the settings before any command runs; logs go to stderr, so that stdout stays the answer's."""
    try:
        settings = load_settings()
    except HubError as error:
        print_error(error)
        raise typer.Exit(1) from None
    configure_logging(settings.log)
    context.obj = Invocation(settings, debug)


def main() -> None:
    """The entry point of the `hub` script."""
    app()


if __name__ == "__main__":
    main()
