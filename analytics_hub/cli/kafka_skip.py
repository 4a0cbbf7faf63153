"""`hub kafka skip`: give up what Kafka no longer has of one partition, on purpose and in writing.

In: a partition whose offset in the database is older than anything in the log, which halts it. Out: the offset
stands at the oldest message that is left, and the number of those given up is printed. Nothing else may move an
offset past messages that were not stored.
"""

from typing import Annotated

import structlog
import typer

from analytics_hub.cli.console import OUT
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.pricing.compile import load_price_book
from analytics_hub.storage.connections import connect
from ingest.decode import Decoder
from ingest.flush import PostgresSink
from ingest.kafka.topic_ids import TopicIds
from ingest.records import PartitionId

_LOG = structlog.get_logger(__name__)


@guarded
def skip(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(help="The topic of the halted partition.")],
    partition: Annotated[int, typer.Argument(help="Its number.", min=0)],
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without it, only say what would be given up.")
    ] = False,
) -> None:
    """Give up what Kafka no longer has of one partition, and go on at its oldest message.

    A worker that has halted it goes on after a restart.
    """
    settings = settings_of(context)
    clock = SystemClock()
    kafka = settings.kafka
    topics = TopicIds(kafka, clock, check_s=kafka.admin_wait_s)
    key, first_offset = topics.origin(PartitionId(topic, partition))
    with opened(settings) as hub:
        sink = PostgresSink(lambda: connect(hub.dsn("hub_writer"), "hub-skip"), settings.flush, clock)
        try:
            fence = sink.claim(key, first_offset)
            lost = first_offset - fence.next_offset
            if lost <= 0:
                raise InvalidInput(
                    "nothing_to_skip", "partition", f"Kafka still has everything from {fence.next_offset} on"
                )
            place = f"{topic}/{partition}: offsets {fence.next_offset} to {first_offset - 1}"
            if not yes:
                OUT.print(f"{place} are gone from Kafka and not in the database; --yes gives them up")
                return
            nothing = Decoder(settings.decode, load_price_book(), 0).decode([])
            sink.flush(nothing, fence, first_offset)
        finally:
            sink.close()
    _LOG.warning(
        "messages given up", partition=f"{topic}/{partition}", messages=lost, next_offset=first_offset
    )
    OUT.print(f"{place} are given up; the partition goes on at {first_offset}")
