"""The consumer that most people write first: the control that shows the oracle can find something.

    python -m tests.support.chaos.naive BOOTSTRAP TOPIC WRITER_DSN [--die]

Same core, same tables, and a careful `ON CONFLICT DO NOTHING` for the rows; but the sums are of the whole batch, and
the offset goes to Kafka after the commit, and nothing fences off a predecessor. With `--die` it dies between the two
as kill -9 does; else it ends when it has told Kafka that it read everything.
"""

import os
import signal
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast

import psycopg
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from analytics_hub.pricing.compile import load_price_book
from analytics_hub.settings import default_settings
from analytics_hub.storage.connections import connect
from analytics_hub.storage.statements import statements
from ingest.decode import Decoder
from ingest.kafka.headers import Pairs, RecordHeaders, read_headers
from ingest.postgres.copy_in import copy_in
from rust_core import Message as Body
from rust_core import TenantRules

BATCH_MESSAGES = 40
LOOK_S = 0.5
ANSWER_S = 60.0
WEEK_US = 7 * 86_400_000_000
EPOCH = date(1970, 1, 1)
SQL = statements("flush")


def consume(bootstrap: str, topic: str, writer_dsn: str, *, die: bool) -> None:
    """Read, store, commit, perhaps die, tell Kafka."""
    settings = default_settings()
    decoder = Decoder(settings.decode, load_price_book(), settings.ingest.dead_letter_bytes_per_flush_max)
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"naive-{topic}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 3000,
            "heartbeat.interval.ms": 300,
            "fetch.wait.max.ms": 100,
        }
    )
    consumer.subscribe([topic])
    with connect(writer_dsn, "naive") as conn:
        conn.autocommit = False
        conn.execute(SQL["make_temp_events"])
        conn.commit()
        while not _has_told_all(consumer, topic):
            if messages := consumer.consume(BATCH_MESSAGES, LOOK_S):
                store(conn, decoder, messages)
                if die:
                    os.kill(os.getpid(), signal.SIGKILL)
                consumer.commit(asynchronous=False)
    consumer.close()


def _has_told_all(consumer: Consumer, topic: str) -> bool:
    """Whether what Kafka knows is the end of every partition. One that is just coming up knows nothing."""
    numbers = consumer.list_topics(topic, ANSWER_S).topics[topic].partitions
    try:
        told = consumer.committed([TopicPartition(topic, number) for number in numbers], ANSWER_S)
    except KafkaException:
        return False
    return all(max(one.offset, 0) >= consumer.get_watermark_offsets(one, ANSWER_S)[1] for one in told)


def store(
    conn: psycopg.Connection[tuple[object, ...]], decoder: Decoder, messages: Sequence[Message]
) -> None:
    prepared = decoder.decode([_body(message) for message in messages])
    days = [EPOCH + timedelta(days=day) for day in prepared.batch.days()]
    conn.execute(SQL["ensure_days"], {"days": days})
    conn.commit()
    copy_in(conn, SQL["copy_temp_events"], prepared.batch.copy_events(with_row=True))
    conn.execute(SQL["insert_missing_events"])
    copy_in(conn, SQL["copy_deltas"], prepared.deltas().copy())
    conn.commit()


def _body(message: Message) -> Body:
    headers = read_headers(cast(Pairs, message.headers()))
    assert isinstance(headers, RecordHeaders), headers
    assert headers.stamp is not None
    rules = TenantRules(headers.stamp.tenant_id, "", WEEK_US, ())
    return Body(rules, headers.stamp.received_at_us, message.value() or b"", format="ndjson")


if __name__ == "__main__":
    consume(*sys.argv[1:4], die="--die" in sys.argv)
