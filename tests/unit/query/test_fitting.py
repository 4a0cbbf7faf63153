"""Places for fitting: bounded for each tenant, given back when the thread has ended and no sooner."""

import asyncio
from threading import Event

import pytest

from analytics_hub.domain.errors import HubError, RateLimited, TryLater
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.fitting import FittingPlaces

ACME, OTHER = TenantId(1), TenantId(2)
WAIT_S = 120.0


def places(*, threads: int = 1, tenant_max: int = 1, wait_s: float = WAIT_S) -> FittingPlaces:
    return FittingPlaces(threads=threads, tenant_max=tenant_max, wait_s=wait_s)


def test_what_the_work_returns_comes_back_and_what_it_raises_too() -> None:
    def broken(_: Event) -> int:
        raise ValueError("no")

    async def main() -> None:
        own = places()
        assert await own.run(ACME, lambda _: 7) == 7
        with pytest.raises(ValueError, match="no"):
            await own.run(ACME, broken)
        assert await own.run(ACME, lambda _: 8) == 8

    asyncio.run(main())


def test_one_too_many_of_a_tenant_is_refused_and_another_tenant_is_not() -> None:
    async def main() -> None:
        own, go, began = places(threads=2), Event(), Event()

        def work(_: Event) -> bool:
            began.set()
            return go.wait(WAIT_S)

        first = asyncio.create_task(own.run(ACME, work))
        await asyncio.to_thread(began.wait, WAIT_S)
        with pytest.raises(RateLimited) as refused:
            await own.run(ACME, lambda _: True)
        assert refused.value.code == "too_many_forecasts"
        assert await own.run(OTHER, lambda _: True)
        go.set()
        assert await first

    asyncio.run(main())


def test_past_the_deadline_the_work_is_asked_to_stop_and_keeps_its_place_until_it_has() -> None:
    async def main() -> None:
        own, go, told, ended = places(wait_s=0.01), Event(), Event(), Event()

        def work(stop: Event) -> None:
            stop.wait(WAIT_S)
            told.set()
            go.wait(WAIT_S)
            ended.set()

        with pytest.raises(TryLater) as late:
            await own.run(ACME, work)
        assert late.value.code == "forecast_too_slow"
        await asyncio.to_thread(told.wait, WAIT_S)
        with pytest.raises(RateLimited):
            await own.run(ACME, lambda _: None)
        go.set()
        await asyncio.to_thread(ended.wait, WAIT_S)

    asyncio.run(main())


def test_work_that_never_began_leaves_its_place_at_once() -> None:
    async def main() -> None:
        own, go, began = places(wait_s=0.01), Event(), Event()

        def work(_: Event) -> None:
            began.set()
            go.wait(WAIT_S)

        with pytest.raises(TryLater):
            await own.run(OTHER, work)
        await asyncio.to_thread(began.wait, WAIT_S)
        for _ in range(3):
            with pytest.raises(HubError) as late:
                await own.run(ACME, lambda _: None)
            assert late.value.code == "forecast_too_slow"
        go.set()

    asyncio.run(main())
