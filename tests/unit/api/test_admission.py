"""One tenant's storm of questions at the API: its own are refused with a moment to come again, others are answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import Depends
from starlette.responses import StreamingResponse

from analytics_hub.api.access import Allow
from analytics_hub.api.admission import Admission
from analytics_hub.api.services import Services
from analytics_hub.domain.access import Actor, ActorKind, Right
from analytics_hub.domain.errors import Broken
from analytics_hub.domain.freshness import Freshness
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.freshness import MemoryFreshnessStore
from analytics_hub.settings import AdmissionSettings
from analytics_hub.tenancy.authenticate import Caller
from tests.support.api_world import NOW, World
from tests.support.metrics import Counted

QUIET, STORMY = TenantId(1), TenantId(2)
DEADLINE_S = 60.0

Get = Callable[..., Coroutine[None, None, httpx.Response]]


class NamesTenants:
    """A credential is the number of its tenant."""

    async def caller(self, text: str) -> Caller:
        return Caller(TenantId(int(text)), f"t{text}", Actor(ActorKind.KEY, text), frozenset(Right))


class TwoConnections(MemoryFreshnessStore):
    """What every question reads first, over a pool of two. Tenant STORMY keeps a connection until it may go."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.may_go = asyncio.Event()
        self.broken = False
        self.most = 0
        self._held = 0
        self._pool = asyncio.Semaphore(2)

    async def freshness(self, tenant: TenantId) -> Freshness:
        async with self._pool:
            if tenant == STORMY:
                await self._hold()
            return await super().freshness(tenant)

    async def _hold(self) -> None:
        self._held += 1
        self.most = max(self.most, self._held)
        try:
            await self.may_go.wait()
        finally:
            self._held -= 1
        if self.broken:
            raise Broken("database_error", "The database refused a statement of ours.")


class Storm(World):
    """The API over two connections, with bounds on what a tenant may ask."""

    def __init__(self, **bounds: float) -> None:
        super().__init__()
        self.store = TwoConnections()
        settings = AdmissionSettings.model_validate({"wait_s": DEADLINE_S, **bounds})
        self.app.state.admission = Admission(settings, self.clock, connections=2)
        self.counted = Counted()

    def run(self, main: Callable[[Get], Awaitable[None]]) -> None:
        """Runs what happens; afterwards nobody may have a place or wait."""
        asyncio.run(self._run(main))
        assert self.counted.since("hub_questions_asking") == 0
        assert self.counted.since("hub_questions_waiting") == 0

    def refused(self, reason: str) -> float:
        return self.counted.since("hub_questions_refused_total", reason=reason)

    async def _run(self, main: Callable[[Get], Awaitable[None]]) -> None:
        async with asyncio.timeout(DEADLINE_S), self.app.router.lifespan_context(self.app):
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:

                async def get(tenant: TenantId, path: str = "/v1/usage") -> httpx.Response:
                    return await client.get(path, headers={"Authorization": f"Bearer {tenant}"})

                await main(get)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Services]:
        async with super()._open() as services:
            yield replace(services, authenticator=NamesTenants(), freshness=self.store)


def test_a_storm_of_slow_questions_leaves_a_connection_to_others() -> None:
    storm = Storm(waiting_max=30)

    async def main(get: Get) -> None:
        asked = [asyncio.create_task(get(STORMY)) for _ in range(50)]
        # 31 are in or wait, the others have their answer; only then the neighbour asks.
        refused = [await next(asyncio.as_completed(asked))]
        while len(refused) < 19:
            await asyncio.sleep(0)
            refused = [task.result() for task in asked if task.done()]
        for _ in range(5):
            assert (await get(QUIET)).status_code == 200
        assert sum(task.done() for task in asked) == 19
        assert {answer.status_code for answer in refused} == {429}
        assert {answer.json()["code"] for answer in refused} == {"too_many_questions"}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        storm.store.may_go.set()
        assert sum([(await task).status_code == 200 for task in asked]) == 31

    storm.run(main)
    assert storm.store.most == 1
    assert storm.refused("too_many_questions") == 19


def test_questions_that_fail_give_their_place_back() -> None:
    storm = Storm()
    storm.store.broken = True
    storm.store.may_go.set()

    async def main(get: Get) -> None:
        answers = await asyncio.gather(*[get(STORMY) for _ in range(10)])
        assert {answer.status_code for answer in answers} == {500}

    storm.run(main)


def test_questions_that_are_cancelled_give_their_place_back() -> None:
    storm = Storm()

    async def main(get: Get) -> None:
        asked = [asyncio.create_task(get(STORMY)) for _ in range(10)]
        while storm.counted.since("hub_questions_waiting") < 9:
            await asyncio.sleep(0)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        storm.store.may_go.set()
        assert (await get(STORMY)).status_code == 200

    storm.run(main)


def test_a_rate_that_is_used_up_says_when_to_come_again() -> None:
    storm = Storm(requests_per_s=0.25, burst_s=8)

    async def main(get: Get) -> None:
        assert [(await get(QUIET)).status_code for _ in range(3)] == [200, 200, 429]
        answer = await get(QUIET)
        assert (answer.json()["code"], answer.headers["retry-after"]) == ("rate_exceeded", "4")
        storm.clock.advance(timedelta(seconds=4))
        assert (await get(QUIET)).status_code == 200
        assert (await get(TenantId(3))).status_code == 200

    storm.run(main)
    assert storm.refused("rate_exceeded") == 2


def test_without_a_rate_any_number_may_be_asked() -> None:
    storm = Storm(requests_per_s=0, burst_s=0.001)

    async def main(get: Get) -> None:
        assert {(await get(QUIET)).status_code for _ in range(20)} == {200}

    storm.run(main)


def test_the_tenants_whose_rates_are_remembered_are_bounded() -> None:
    storm = Storm(requests_per_s=1, burst_s=1, tenants_max=2)

    async def main(get: Get) -> None:
        order = [1, 1, 3, 4, 1]
        assert [(await get(TenantId(one))).status_code for one in order] == [200, 429, 200, 200, 200]

    storm.run(main)


def test_a_stream_has_a_place_for_its_opening_only() -> None:
    storm = Storm()
    seen: list[tuple[str, float]] = []

    def look(when: str) -> None:
        seen.append((when, storm.counted.since("hub_questions_asking")))

    @storm.app.get("/stream")
    async def stream(caller: Annotated[Caller, Depends(Allow(Right.VIEW))]) -> StreamingResponse:
        look("opening")

        async def lines() -> AsyncIterator[bytes]:
            look("open")
            yield b"\n"

        return StreamingResponse(lines())

    async def main(get: Get) -> None:
        assert (await get(QUIET, "/stream")).status_code == 200

    storm.run(main)
    assert seen == [("opening", 1), ("open", 0)]


@pytest.mark.parametrize("right", list(Right))
def test_every_right_but_sending_waits_for_a_place(right: Right) -> None:
    storm = Storm()
    seen: list[float] = []

    @storm.app.get("/any")
    async def any_route(caller: Annotated[Caller, Depends(Allow(right))]) -> None:
        seen.append(storm.counted.since("hub_questions_asking"))

    async def main(get: Get) -> None:
        await get(QUIET, "/any")

    storm.run(main)
    assert seen == [0 if right is Right.SEND else 1]
