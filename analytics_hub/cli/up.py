"""`hub up`: the whole hub in one process: embedded PostgreSQL, API, closer."""

import typer

from analytics_hub.cli.console import ERR, OUT, note
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.serving import free_port, serve
from analytics_hub.telemetry import configure_logging


@guarded
def up(context: typer.Context) -> None:
    """Run the hub: database, API and the closing of hours, until Ctrl-C."""
    settings = settings_of(context)
    configure_logging(settings.log)
    port = free_port(settings.api.host, settings.api.port)
    with opened(settings, serve=True) as hub:
        if hub.notice:
            note(hub.notice)
        url = f"http://{settings.api.host}:{port}"

        def ready() -> None:
            OUT.print(f"[green]ready[/green]  {url}   docs: {url}/docs   data: {hub.place}")
            note("Ctrl-C stops it; other hub commands work meanwhile")

        serve(hub, port, ready)
    ERR.print("stopped")
