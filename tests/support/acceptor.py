"""A door that flushes each body by itself, into any sink: what a collector does, without its queue."""

import asyncio

from analytics_hub.domain.errors import TryLater
from ingest.decode import Decoder
from ingest.ports import Acceptance, EventSink, Submission
from rust_core import Message, TenantRules
from tests.support.ingest import decoder


class SinkAcceptor:
    """`outage` stands for a broker or database that is away from that body on."""

    def __init__(self, sink: EventSink, *, outage_after: int | None = None) -> None:
        self._sink = sink
        self._decoder: Decoder = decoder()
        self._turn = asyncio.Lock()
        self.outage_after = outage_after
        self.accepted: list[Submission] = []

    async def accept(self, submission: Submission) -> Acceptance:
        async with self._turn:
            if self.outage_after is not None and len(self.accepted) >= self.outage_after:
                raise TryLater("database_unavailable", "The database does not answer.")
            self.accepted.append(submission)
            return await asyncio.to_thread(self._flush, submission)

    def fill(self) -> float:
        return 0.0

    async def drain(self, wait_s: float) -> None:
        """Nothing waits here."""

    def _flush(self, submission: Submission) -> Acceptance:
        message = Message(
            submission.tenant,
            submission.received_at_us,
            submission.body,
            format=submission.format,
            dialect=submission.dialect,
        )
        prepared = self._decoder.decode([message])
        flushed = self._sink.flush(prepared)
        count, rejects = flushed.count, prepared.rejects()
        return Acceptance(
            count.received,
            count.stored + count.duplicate,
            count.rejected,
            rejects,
            count.duplicate,
            stored=True,
        )


class OneTenant:
    """The rules of one tenant, which a test may change."""

    def __init__(self, tenant_id: int, late_horizon_us: int | None = 7 * 86_400 * 1_000_000) -> None:
        self.rule: TenantRules | None = TenantRules(tenant_id, "acme", late_horizon_us, ())
        self._tenant_id = tenant_id

    def rules(self, tenant_id: int) -> TenantRules | None:
        return self.rule if tenant_id == self._tenant_id else None
