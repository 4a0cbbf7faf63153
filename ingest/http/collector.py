"""The use case of the collector: one request's body becomes durable events of the key's tenant.

    head ▶ key ▶ body (room, time, length) ▶ tenant's rules ▶ quota ▶ acceptor

In: headers and the incoming body. Out: an `Acceptance`, or one HubError for the whole request; which status
that has is `analytics_hub/api/errors.py`. Nothing here looks at an event: the core reads bodies whole, and the
acceptor makes them durable (`ingest/group_commit.py`, `ingest/kafka/sink.py`).
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor

import structlog

from analytics_hub.domain.access import Right
from analytics_hub.domain.clock import Clock, unix_us
from analytics_hub.domain.errors import HubError, NotAuthenticated
from analytics_hub.settings import CollectorSettings
from analytics_hub.telemetry import INGEST_REJECTS, QUEUE_FILL
from analytics_hub.tenancy.authenticate import Authenticates
from ingest.http.body import BodyReader, Incoming
from ingest.http.gate import Gate
from ingest.http.head import Head, read_head
from ingest.http.quota import Quotas
from ingest.http.room import Hold, Room
from ingest.ports import Acceptance, Acceptor, Submission
from ingest.tenant_directory import TenantDirectory
from rust_core import TenantRules, count_events


class Collector:
    """One process's collector, used from one event loop. `gate` is held by whoever answers, until it has answered."""

    def __init__(
        self,
        acceptor: Acceptor,
        authenticator: Authenticates,
        tenants: TenantDirectory,
        *,
        settings: CollectorSettings,
        clock: Clock,
        inflate_threads: Executor,
    ) -> None:
        self.settings = settings
        self.gate = Gate()
        self._acceptor = acceptor
        self._authenticator = authenticator
        self._tenants = tenants
        self._clock = clock
        self._quotas = Quotas(settings, clock)
        self._room = Room(settings.bodies_bytes_max)
        QUEUE_FILL.labels("bodies").set_function(self._room.fill)
        self._reader = BodyReader(settings, inflate_threads)

    async def collect(
        self, headers: Iterable[tuple[bytes, bytes]], incoming: Incoming, request_id: str
    ) -> Acceptance:
        """Raises one HubError for the whole request, or `Gone`."""
        head = read_head(headers)
        caller = await self._authenticator.caller(head.key)
        caller.require(Right.SEND)
        structlog.contextvars.bind_contextvars(tenant=caller.slug)
        hold = Hold(self._room)
        try:
            body = await self._reader.read(head, incoming, hold)
            return await self._accept(caller.tenant, head, body, request_id)
        finally:
            hold.release()

    def fill(self) -> float:
        """How full the process is, from 0 to 1: the queue or the memory for bodies, whichever is fuller."""
        return max(self._room.fill(), self._acceptor.fill())

    async def drain(self) -> None:
        """No more bodies; those in hand are finished. Raises TryLater when the grace is not enough."""
        self.gate.say_not_ready()
        await asyncio.sleep(self.settings.stop_notice_s)
        self.gate.shut()
        started_s = self._clock.monotonic_s()
        try:
            async with asyncio.timeout(self.settings.grace_s):
                await self.gate.empty()
        finally:
            left_s = self.settings.grace_s - (self._clock.monotonic_s() - started_s)
            await self._acceptor.drain(max(0.0, left_s))

    async def _accept(self, tenant_id: int, head: Head, body: bytes, request_id: str) -> Acceptance:
        # Stamped when the body is whole: every later step judges against this moment.
        received_at_us = unix_us(self._clock.now())
        rules = await self._rules(tenant_id)
        events = count_events(body, head.format) if self._quotas.counts_events else 0
        self._quotas.spend(tenant_id, events=events, size_bytes=len(body))
        try:
            acceptance = await self._acceptor.accept(
                Submission(rules, received_at_us, body, head.format, head.dialect, request_id)
            )
        except HubError:
            self._quotas.give_back(tenant_id, events=events, size_bytes=len(body))
            raise
        if acceptance.rejected:
            for code, times in Counter(reject.code for reject in acceptance.rejects).items():
                INGEST_REJECTS.labels(code).inc(times)
        return acceptance

    async def _rules(self, tenant_id: int) -> TenantRules:
        rules = self._tenants.fresh(tenant_id)
        if rules is None:
            rules = await asyncio.to_thread(self._tenants.rules, tenant_id)
        if rules is None:
            raise NotAuthenticated("unknown_key", "The API key is not known.")
        return rules
