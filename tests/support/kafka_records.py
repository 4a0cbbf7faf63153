"""What lies in a topic, read from its beginning."""

from confluent_kafka import Consumer, Message, TopicPartition

from ingest.broker.process import Broker

WAIT_S = 180.0


def read_records(broker: Broker, topic: str) -> list[Message]:
    """All that was acknowledged before the call; of one partition in its order."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": topic})
    try:
        partitions = consumer.list_topics(topic, timeout=WAIT_S).topics[topic].partitions
        starts, count = [], 0
        for number in partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=WAIT_S)
            starts.append(TopicPartition(topic, number, low))
            count += high - low
        consumer.assign(starts)
        records = consumer.consume(count, timeout=WAIT_S) if count else []
        assert len(records) == count
        return records
    finally:
        consumer.close()
