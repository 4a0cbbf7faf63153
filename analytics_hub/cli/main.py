"""The `hub` command: wires one file a command together, reads the settings once, keeps tracebacks for
--debug.

In: the command line and HUB_ variables. Out: what the commands print, and an exit status (`running.py`).
"""

from importlib import metadata
from typing import Annotated

import typer

from analytics_hub.cli import tenant
from analytics_hub.cli.check import check
from analytics_hub.cli.close import close
from analytics_hub.cli.console import OUT, print_error
from analytics_hub.cli.demo import demo
from analytics_hub.cli.load import load
from analytics_hub.cli.migrate import migrate
from analytics_hub.cli.query import query
from analytics_hub.cli.rejects import rejects
from analytics_hub.cli.running import Invocation
from analytics_hub.cli.up import up
from analytics_hub.domain.errors import HubError
from analytics_hub.settings import load_settings

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="LLM usage analytics: every call counted once, priced as of its moment, queryable at once.",
)

app.command()(demo)
app.command()(up)
app.command()(load)
app.command()(query)
app.add_typer(tenant.app, name="tenant")
app.command()(close)
app.command()(rejects)
app.command()(check)
app.command()(migrate)


@app.callback()
def options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Read the settings before any command runs."""
    if version:
        OUT.print(metadata.version("llm-analytics-hub"))
        raise typer.Exit
    try:
        context.obj = Invocation(load_settings(), debug)
    except HubError as error:
        print_error(error)
        raise typer.Exit(1) from None


def main() -> None:
    """The entry point of the `hub` script."""
    app()


if __name__ == "__main__":
    main()
