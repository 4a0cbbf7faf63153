"""`hub collector`: bodies of events over HTTP into Kafka, until somebody asks it to stop."""

from collections.abc import Callable

import typer

from analytics_hub.cli.collecting import open_authenticator, open_collector, open_kafka_acceptor
from analytics_hub.cli.console import ERR, OUT, note
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.web import free_port, run, serve_app
from analytics_hub.domain.clock import SystemClock
from analytics_hub.telemetry.exporting import traced
from ingest.http.app import create_collector_app
from ingest.kafka.ready import BrokerWatch


@guarded
def collector(context: typer.Context) -> None:
    """Take events over HTTP into Kafka. Several of them share the work.

    SIGTERM and Ctrl-C finish and answer what was taken and stop, within HUB_COLLECTOR_GRACE_S.
    """
    settings = settings_of(context)
    port = free_port(settings.collector.host, settings.collector.port, "HUB_COLLECTOR_PORT")
    with traced(settings.trace, "hub-collector"), opened(settings) as hub:
        url = f"http://{settings.collector.host}:{port}"

        def ready() -> None:
            OUT.print(f"[green]ready[/green]  {url}   topic: {settings.kafka.topic}")
            note("Ctrl-C stops it")

        run(_serve(hub, port, ready))
    ERR.print("stopped")


async def _serve(hub: OpenedHub, port: int, ready: Callable[[], None]) -> None:
    settings, clock = hub.settings, SystemClock()
    async with open_authenticator(hub) as authenticator, open_kafka_acceptor(hub) as acceptor:
        with open_collector(hub, authenticator, acceptor) as made:
            app = create_collector_app(
                made,
                clock,
                query_string_bytes_max=settings.api.query_string_bytes_max,
                check_stream=BrokerWatch(settings.kafka, clock).check,
            )
            await serve_app(
                app,
                settings.collector.host,
                port,
                clients_max=settings.collector.clients_max,
                silent_s=settings.api.client_silent_s,
                ready=ready,
                drain=made.drain,
            )
