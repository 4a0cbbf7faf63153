"""`hub kafka`: a real broker on this machine for development, and the topics of the stream.

In: `BrokerSettings` and `KafkaSettings`. Out: a broker in the foreground, or a table. The broker itself is
`ingest/broker`; production brings its own (docs/kafka.md).
"""

import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from analytics_hub.cli.console import ERR, OUT, note, print_json
from analytics_hub.cli.kafka_skip import skip
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.domain.errors import Broken
from analytics_hub.settings import KafkaSettings
from ingest.broker.jars import kafka_jars
from ingest.broker.process import Broker, open_broker
from ingest.kafka.security import OPEN, Security, security_config
from ingest.kafka.topics import ensure_topics, topic_partitions

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Run a Kafka broker for development; make and list topics.",
)

app.command("skip")(skip)

_POLL_S = 0.2


@app.command("up")
@guarded
def up(
    context: typer.Context,
    data_dir: Annotated[Path | None, typer.Option(help="Directory of the broker's log.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = None,
    partitions: Annotated[int | None, typer.Option(help="Partitions of the topic.", min=1)] = None,
) -> None:
    """Run a Kafka broker with the topic of the events, until Ctrl-C."""
    settings = settings_of(context)
    changed = {"data_dir": data_dir, "port": port}
    wanted = settings.broker.model_copy(update={k: v for k, v in changed.items() if v is not None})
    # Both end it in order: Ctrl-C, and the TERM of whoever supervises us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with open_broker(wanted, note) as broker:
            _make_topics(settings.kafka, broker.bootstrap_servers, partitions, replicas=1)
            _announce(settings.kafka, broker)
            while broker.pid is not None:
                time.sleep(_POLL_S)
            raise Broken("broker_died", f"the broker has ended; its log is {broker.files.server_log}")
    except KeyboardInterrupt:
        ERR.print("stopped")


@app.command("fetch")
@guarded
def fetch(context: typer.Context) -> None:
    """Fetch Kafka's jars now, so that a start needs neither Maven nor the network."""
    broker = settings_of(context).broker
    OUT.print(str(kafka_jars(broker.cache_path, broker.fetch_s, note)))


@app.command("topics")
@guarded
def topics(
    context: typer.Context,
    create: Annotated[bool, typer.Option("--create", help="Make the topics of the hub first.")] = False,
    replicas: Annotated[int, typer.Option(help="Copies of a topic that is made.", min=1)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the topics of the cluster with their partitions."""
    kafka = settings_of(context).kafka
    if create:
        _make_topics(kafka, kafka.bootstrap_servers, None, replicas=replicas, security=security_config(kafka))
    found = topic_partitions(kafka.bootstrap_servers, kafka.admin_wait_s, security_config(kafka))
    if as_json:
        print_json(found)
        return
    if not found:
        note("no topic yet; make them with: hub kafka topics --create")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("topic", no_wrap=True)
    table.add_column("partitions", justify="right")
    for name, partitions in found.items():
        table.add_row(name, str(partitions))
    OUT.print(table)


def _make_topics(
    kafka: KafkaSettings,
    bootstrap_servers: str,
    partitions: int | None,
    *,
    replicas: int,
    security: Security = OPEN,
) -> None:
    ensure_topics(
        bootstrap_servers,
        [kafka.topic, *kafka.direct_slugs()],
        partitions or kafka.partitions,
        replicas=replicas,
        wait_s=kafka.admin_wait_s,
        security=security,
    )


def _announce(kafka: KafkaSettings, broker: Broker) -> None:
    listed = topic_partitions(broker.bootstrap_servers, kafka.admin_wait_s)
    said = ", ".join(f"{name} ({partitions} partitions)" for name, partitions in listed.items())
    OUT.print(f"[green]ready[/green]  {broker.bootstrap_servers}   topics: {said}")
    if broker.bootstrap_servers != kafka.bootstrap_servers:
        note(f"tell other commands: HUB_KAFKA_BOOTSTRAP_SERVERS={broker.bootstrap_servers}")
    note(f"data: {broker.files.directory}   Ctrl-C stops it")
