"""How many events a topic holds by the collector's own headers: what its answers are held against.

In: a topic that nobody writes to any more. Out: the sum of the `events` headers from its beginning to its end.
"""

from __future__ import annotations

from confluent_kafka import Consumer, TopicPartition

from benchmarks.stream_topic import header

POLL_MESSAGES = 500
SILENT_S = 30
ANSWER_S = 30


def events_in(bootstrap: str, topic: str) -> int:
    """Every partition from its first offset to its last."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": f"count-{topic}", "fetch.queue.backoff.ms": 10}
    )
    partitions = consumer.list_topics(topic, timeout=ANSWER_S).topics[topic].partitions
    ends = {
        number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=ANSWER_S)
        for number in partitions
    }
    consumer.assign([TopicPartition(topic, number, low) for number, (low, _) in ends.items()])
    left, events = sum(high - low for low, high in ends.values()), 0
    while left > 0:
        messages = consumer.consume(min(left, POLL_MESSAGES), SILENT_S)
        if not messages:
            raise SystemExit(f"{left} messages of {topic} did not come within {SILENT_S} s")
        events += sum(int(header(message, "events")) for message in messages)
        left -= len(messages)
    consumer.close()
    return events
