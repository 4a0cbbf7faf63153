"""The lasting name of a partition: the same for every worker, and another one when a topic is made anew.

In: what the cluster says of itself. Out: the key of `hub.ingest_offsets`.
"""


def partition_key(cluster_id: str, topic_id: object, partition: int) -> str:
    """A topic's name is not in it, because a name may be used again. `topic_id` is the client's own object or text."""
    # The client writes a topic's id in plain base64; Kafka's tools write it for addresses.
    written = str(topic_id).replace("+", "-").replace("/", "_").rstrip("=")
    return f"kafka:{cluster_id}:{written}:{partition}"
