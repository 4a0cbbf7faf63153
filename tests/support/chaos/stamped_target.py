"""The edge without its HTTP: bodies go into the main topic with the collector's stamp, not judged yet.

In: a broker's address, the topic, tenant numbers by slug. Out: the simulator's answers. For tests of the worker alone.
"""

import time
from collections.abc import Mapping

from ingest.kafka.direct import KafkaTarget
from ingest.kafka.headers import EdgeStamp, RecordHeaders
from ingest.simulator.bodies import Body


class StampedTarget(KafkaTarget):
    """As `KafkaTarget`, on a topic of ours."""

    def __init__(self, bootstrap: str, topic: str, tenants: Mapping[str, int], answer_wait_s: float) -> None:
        super().__init__(f"kafka://{bootstrap}/{topic}", answer_wait_s)
        self._tenants = tenants

    def headers(self, body: Body, piece: bytes) -> RecordHeaders:
        now_us = time.time_ns() // 1000
        stamp = EdgeStamp(self._tenants[body.tenant], now_us, piece.count(b"\n"))
        return RecordHeaders(stamp, format="ndjson")
