"""From records to messages of the core: whose they are, when they were received, how they are to be read.

In: the records of one batch. Out: messages for the decoder, and the records that no tenant can be charged
with. What an event must look like is the core's business; headers are read in `kafka/headers.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from analytics_hub.domain.clock import Clock, unix_us
from analytics_hub.domain.errors import InvalidInput, TooLarge
from analytics_hub.settings import WorkerSettings
from ingest.http.inflate import Inflater
from ingest.kafka.headers import Encoding, HeaderFault, RecordHeaders, read_headers
from ingest.ports import TenantRulesPort
from ingest.records import PartitionId, Record, Unattributed
from rust_core import Message, TenantRules, count_events

_MEMBERS_MAX: Final = 16  # compressed streams in a row that make one message


@dataclass(slots=True)
class Reading:
    """What a batch of records came to."""

    messages: list[Message] = field(default_factory=list)
    unattributed: list[Unattributed] = field(default_factory=list)
    traceparents: list[str] = field(default_factory=list)
    """Of the requests that were traced."""


class Reader:
    """Reads records of all topics; `direct` says which of them are bound to a tenant."""

    def __init__(
        self,
        tenants: TenantRulesPort,
        direct: Mapping[str, int],
        settings: WorkerSettings,
        clock: Clock,
    ) -> None:
        self._tenants = tenants
        self._direct = direct
        self._settings = settings
        self._clock = clock

    def read(self, partition: PartitionId, records: Sequence[Record]) -> Reading:
        """Raises TryLater while nobody can say who the tenants are."""
        reading = Reading()
        bound_to = self._direct.get(partition.topic)
        known: dict[int, TenantRules | None] = {}
        for record in records:
            headers = read_headers(record.headers, direct=bound_to is not None)
            tenant_id = bound_to if bound_to is not None else _stamped_tenant(headers)
            if tenant_id is None:
                reading.unattributed.append(_unattributed(partition, record, "bad_header", str(headers)))
                continue
            if tenant_id not in known:
                known[tenant_id] = self._tenants.rules(tenant_id)
            rules = known[tenant_id]
            if rules is None:
                reason = f"there is no tenant {tenant_id}"
                reading.unattributed.append(_unattributed(partition, record, "unknown_tenant", reason))
                continue
            reading.messages.append(self._message(partition, record, headers, rules))
            if isinstance(headers, RecordHeaders) and headers.traceparent:
                reading.traceparents.append(headers.traceparent)
        return reading

    def _message(
        self, partition: PartitionId, record: Record, headers: RecordHeaders | HeaderFault, rules: TenantRules
    ) -> Message:
        if isinstance(headers, HeaderFault):
            return self._refused(partition, record, rules, "bad_header", str(headers))
        try:
            value = _plain(record.value, headers.encoding, self._settings.message_bytes_max)
        except TooLarge as error:
            return self._refused(partition, record, rules, "message_too_large", error.message)
        except InvalidInput as error:
            return self._refused(partition, record, rules, "bad_encoding", error.message)
        stamp, origin = headers.stamp, _origin(partition, record)
        if stamp is not None:
            # What the edge has accepted is not held against any bound again.
            return Message(
                rules,
                stamp.received_at_us,
                value,
                format=headers.format,
                events=stamp.events,
                origin=origin,
                base_position=stamp.base_position,
                dialect=headers.dialect,
                verdicts=stamp.verdicts,
            )
        events = count_events(value, headers.format)
        if events > self._settings.message_events_max:
            reason = f"{events} events, where {self._settings.message_events_max} are allowed"
            return self._refused(partition, record, rules, "too_many_events", reason)
        return Message(
            rules,
            self._received_at_us(record),
            value,
            format=headers.format,
            events=events,
            origin=origin,
            dialect=headers.dialect,
        )

    def _refused(
        self, partition: PartitionId, record: Record, rules: TenantRules, code: str, reason: str
    ) -> Message:
        """A message that cannot be opened: one event of its tenant, refused with this code."""
        return Message(
            rules,
            self._received_at_us(record),
            record.value,
            origin=_origin(partition, record),
            refused=(code, reason),
        )

    def _received_at_us(self, record: Record) -> int:
        """The log's own stamp, so that reading a record again judges it the same."""
        return record.timestamp_ms * 1000 if record.timestamp_ms > 0 else unix_us(self._clock.now())


def _stamped_tenant(headers: RecordHeaders | HeaderFault) -> int | None:
    return headers.stamp.tenant_id if isinstance(headers, RecordHeaders) and headers.stamp else None


def _plain(value: bytes, encoding: Encoding, bytes_max: int) -> bytes:
    if encoding == "identity":
        return value  # the broker bounds it
    inflater = Inflater(encoding, bytes_max=bytes_max, members_max=_MEMBERS_MAX)
    made = inflater.feed(value)
    inflater.finish()
    return b"".join(made)


def _unattributed(partition: PartitionId, record: Record, code: str, reason: str) -> Unattributed:
    return Unattributed(
        _origin(partition, record),
        record.offset,
        record.timestamp_ms,
        code,
        reason,
        record.headers,
        record.value,
    )


def _origin(partition: PartitionId, record: Record) -> str:
    return f"{partition}/{record.offset}"
