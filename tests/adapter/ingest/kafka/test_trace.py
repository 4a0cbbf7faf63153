"""One trace from the request, through the header of a record, to the flush that stores its events."""

import asyncio

from analytics_hub.domain.clock import FixedClock, unix_us
from analytics_hub.settings import KafkaSettings, ProducerSettings, WorkerSettings
from analytics_hub.telemetry import span
from ingest.broker.process import Broker
from ingest.kafka.producer import StreamProducer
from ingest.kafka.sink import KafkaAcceptor
from ingest.memory import MemorySink
from ingest.observed import ObservedSink
from ingest.ports import Submission
from ingest.records import PartitionId, Record
from ingest.worker.reading import Reader
from tests.support.acceptor import OneTenant
from tests.support.broker import WAIT_S
from tests.support.ingest import NOW, SETTINGS, decoder, events
from tests.support.kafka_records import read_records
from tests.support.tracing import CALLER, CALLER_TRACE_ID, Spans, trace_id


async def _request(broker: Broker, topic: str, tenant: OneTenant) -> None:
    settings = ProducerSettings()
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers, topic=topic)
    acceptor = KafkaAcceptor(StreamProducer(kafka, settings), settings, SETTINGS.decode)
    assert tenant.rule is not None
    with span("request", parents=[CALLER], server=True):
        await acceptor.accept(Submission(tenant.rule, unix_us(NOW), b"\n".join(events(range(3))), "ndjson"))
    await acceptor.drain(WAIT_S)


def _flush(broker: Broker, topic: str, tenant: OneTenant) -> None:
    records = [
        Record(message.offset() or 0, 0, message.headers() or (), message.value() or b"", 3)  # type: ignore[arg-type]
        for message in read_records(broker, topic)
    ]
    reader = Reader(tenant, {}, WorkerSettings(), FixedClock(NOW))
    reading = reader.read(PartitionId(topic, 0), records)
    prepared = decoder().decode(reading.messages)
    prepared.traceparents = reading.traceparents
    assert ObservedSink(MemorySink()).flush(prepared).count.stored == 3


def test_one_trace_goes_from_the_request_to_the_flush(broker: Broker, topic: str) -> None:
    spans, tenant = Spans(), OneTenant(7)
    asyncio.run(_request(broker, topic, tenant))
    _flush(broker, topic, tenant)
    done = spans.finished()
    assert {name: trace_id(one) for name, one in done.items()} == dict.fromkeys(
        ("request", "produce", "flush"), CALLER_TRACE_ID
    )
    produce = done["produce"].get_span_context()
    assert done["flush"].parent is not None
    assert produce is not None
    assert done["flush"].parent.span_id == produce.span_id
