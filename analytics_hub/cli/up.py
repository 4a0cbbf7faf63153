"""`hub up`: the whole hub: embedded PostgreSQL, collector, API, closer in one process, the jobs in one beside it."""

import typer

from analytics_hub.cli.console import ERR, OUT, note
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.serving import serve
from analytics_hub.cli.web import free_port
from analytics_hub.telemetry.exporting import traced


@guarded
def up(context: typer.Context) -> None:
    """Run the hub: database, collector, API, the closing of hours, and jobs, until Ctrl-C."""
    settings = settings_of(context)
    port = free_port(settings.api.host, settings.api.port, "HUB_API_PORT")
    with traced(settings.trace, "hub-up"), opened(settings, serve=True) as hub:
        if hub.notice:
            note(hub.notice)
        url = f"http://{settings.api.host}:{port}"

        def ready() -> None:
            OUT.print(f"[green]ready[/green]  {url}   docs: {url}/docs   data: {hub.place}")
            note("Ctrl-C stops it; other hub commands work meanwhile")

        serve(hub, port, ready, jobs=settings.jobs.beside_up)
    ERR.print("stopped")
