"""The doors of the pipeline: where events come from, where they go, and who knows prices and tenants.

In: blocks of bytes that end at event boundaries, or bodies that the edge received. Out: what a flush came to,
or that a body is durable. Each port has a real implementation and one for tests: `file_source.py`,
`csv_trace.py`, `parquet_source.py` are sources; `flush.py` is the sink on PostgreSQL and `memory.py` its twin;
`kafka/sink.py` and `group_commit.py` are acceptors; a `PriceBookPort` is any object with `current()`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from typing_extensions import Buffer

from analytics_hub.domain.errors import Conflict
from analytics_hub.domain.ledger import LedgerCount
from ingest.decode import PreparedBatch
from rust_core import PriceBook, Reject, TenantRules

Format = Literal["auto", "json", "ndjson"]
"""How the core reads a block."""

Dialect = Literal["canonical", "cloudevents"]
"""Which convention the events of a body follow."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a source. Cut between events, so that a block can be decoded alone."""

    payload: Buffer
    format: Format
    base_position: int
    """Where the first event stands: its line number in a file, its offset in a partition."""
    events: int
    """About how many events it holds, for filling batches; the ledger counts by itself."""
    source_bytes: int
    """How much of the source it used up, as stored (compressed where the source is)."""
    next_offset: int | None = None
    """Where a durable partition stands after this block; None for sources that can only be read again."""


class EventSource(Protocol):
    """Something that can be read once, from start to end."""

    @property
    def origin(self) -> str:
        """A name for people: the file's name, or the partition's."""
        ...

    @property
    def size_bytes(self) -> int | None:
        """The sum of all `source_bytes` to come, where it is known beforehand."""
        ...

    def blocks(self) -> Iterator[Block]: ...


@dataclass(frozen=True, slots=True)
class Fence:
    """The right to move one partition's offset: gone as soon as somebody else claims the partition."""

    partition_key: str
    epoch: int
    next_offset: int


class Fenced(Conflict):
    """Somebody else has claimed the partition: drop what is buffered of it."""

    def __init__(self, partition_key: str) -> None:
        super().__init__("fenced", f"the partition {partition_key} belongs to another writer now")


@dataclass(frozen=True, slots=True)
class Flushed:
    """What one flush came to, once it is durable."""

    count: LedgerCount
    fence: Fence | None = None
    """The fence to use for the next flush of this partition."""
    already_committed: bool = False
    """The offset had moved before: an earlier try had become durable after all, nothing was written now."""


class EventSink(Protocol):
    """Makes prepared batches durable, each in one transaction."""

    def claim(self, partition_key: str, first_offset: int) -> Fence:
        """Become the only writer of a partition; every earlier claim is fenced off."""
        ...

    def flush(self, prepared: PreparedBatch, fence: Fence | None = None, next_offset: int = 0) -> Flushed:
        """Store a batch. Returns only when it is durable; raises HubError when it is not.

        The batch is used up: duplicates and refused rows have been taken out of it when this returns.
        """
        ...

    def close(self) -> None: ...


class PriceBookPort(Protocol):
    """Where the price book in force comes from."""

    def current(self) -> PriceBook: ...


class TenantRulesPort(Protocol):
    """What decoding must know of a tenant, by number. Kept a few seconds, so a change counts soon."""

    def rules(self, tenant_id: int) -> TenantRules | None:
        """None when there is no such tenant. Raises TryLater when nobody can say."""
        ...


@dataclass(frozen=True, slots=True)
class Submission:
    """One body as the edge received it, decompressed and with its caller known."""

    tenant: TenantRules
    received_at_us: int
    """Stamped once, here; every later step judges against it."""
    body: Buffer
    format: Format = "auto"
    dialect: Dialect = "canonical"
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of a body, once it is durable."""

    received: int
    accepted: int
    """Events that are durable now and will be stored, or are known to be resends."""
    rejected: int
    rejects: Sequence[Reject]
    """The first ones, up to a bound; `rejected` counts all."""
    duplicates: int | None
    """Resends among `accepted`; None when only the worker can know."""
    stored: bool
    """True when the database has committed it, False when the broker holds it."""


class Acceptor(Protocol):
    """Makes bodies durable: through the broker, or straight into the database."""

    async def accept(self, submission: Submission) -> Acceptance:
        """Returns only when every event of the body is durable; raises TryLater when it is not or nobody can say.

        After TryLater the client sends again; what had become durable after all is then a duplicate.
        """
        ...

    def fill(self) -> float:
        """How full the queue is, from 0 to 1; at 1 `accept` raises TryLater at once."""
        ...

    async def drain(self, wait_s: float) -> None:
        """No more bodies come: finish those that wait. Raises TryLater when the time is not enough."""
        ...
