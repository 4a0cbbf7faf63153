"""A live stream of a caller, over whichever protocol: opened, and ended when its credential does not hold any more.

In: a caller, the credential as it was sent, a `LiveQuery` of the caller's tenant. Out: the messages, of which a
`LiveEnd` is the last. The credential is checked again every few seconds, because a stream outlives many a key: what a
request may not, a stream that is open may not either.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from analytics_hub.api.services import Services
from analytics_hub.domain.access import Right
from analytics_hub.domain.errors import Broken, HubError, NotAllowed, NotAuthenticated
from analytics_hub.domain.incident_live import IncidentsUpdate, IncidentWatch
from analytics_hub.domain.live import EndReason, LiveMessage, LiveQuery
from analytics_hub.query.live_subscription import LiveSubscription, Subscription
from analytics_hub.tenancy.authenticate import Caller


async def live_messages(
    services: Services, caller: Caller, credential: str, query: LiveQuery
) -> AsyncIterator[LiveMessage]:
    """The messages until the end. Raises before the first one what `open_stream` raises."""
    async with open_stream(services, caller, credential, query) as stream:
        async for message in stream:
            yield message


@asynccontextmanager
async def open_stream(
    services: Services, caller: Caller, credential: str, query: LiveQuery
) -> AsyncIterator[LiveSubscription]:
    """Raises what the question raises, RateLimited or TryLater when there are too many streams."""
    if query.tenant != caller.tenant:
        raise Broken("foreign_question", "a stream was asked for in the name of another tenant")
    async with (
        services.live.watch(query) as stream,
        _guarded(services, caller, credential, stream),
    ):
        yield stream


@asynccontextmanager
async def open_incidents(
    services: Services, caller: Caller, credential: str, watch: IncidentWatch
) -> AsyncIterator[Subscription[IncidentsUpdate]]:
    """The same of incidents."""
    if watch.tenant != caller.tenant:
        raise Broken("foreign_question", "a stream was asked for in the name of another tenant")
    async with (
        services.incident_feeds.watch(watch) as stream,
        _guarded(services, caller, credential, stream),
    ):
        yield stream


@asynccontextmanager
async def _guarded(
    services: Services, caller: Caller, credential: str, stream: Subscription[Any]
) -> AsyncIterator[None]:
    guard = asyncio.create_task(_guard(services, caller, credential, stream))
    try:
        yield
    finally:
        guard.cancel()


async def _guard(services: Services, caller: Caller, credential: str, stream: Subscription[Any]) -> None:
    """Ends the stream when its time is over or its credential is."""
    loop, settings = asyncio.get_running_loop(), services.streams
    began_s = checked_s = loop.time()
    while True:
        now_s = loop.time()
        left_s = began_s + settings.stream_s_max - now_s
        if left_s <= 0:
            stream.end(EndReason.TOO_LONG, "A stream lives for a bounded time: open it again.")
            return
        await asyncio.sleep(min(settings.check_every_s, left_s, _until_expiry_s(services, caller)))
        if not _until_expiry_s(services, caller):
            stream.end(EndReason.EXPIRED, "The credential's own time is over.")
            return
        try:
            found = await services.authenticator.caller(credential)
            found.require(Right.VIEW)
            if found.tenant != caller.tenant:
                raise NotAllowed("other_tenant", "The credential belongs to another tenant now.")
        except (NotAuthenticated, NotAllowed) as error:
            stream.end(EndReason.KEY_REVOKED, error.message)
            return
        except HubError as error:
            if loop.time() - checked_s > settings.unchecked_s_max:
                stream.end(EndReason.UNAVAILABLE, error.message)
                return
        else:
            caller, checked_s = found, loop.time()


def _until_expiry_s(services: Services, caller: Caller) -> float:
    if caller.expires_at is None:
        return float("inf")
    return max(0.0, (caller.expires_at - services.clock.now()).total_seconds())
