"""Places for questions: bounds of a tenant, turns between tenants, and nothing lost when one fails or is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from analytics_hub.api.places import Places
from analytics_hub.domain.errors import RateLimited, TryLater
from analytics_hub.domain.tenant import TenantId
from analytics_hub.settings import AdmissionSettings

A, B, C = TenantId(1), TenantId(2), TenantId(3)
LONG_S = 60.0


class Desk:
    """Questions over places that the test ends one by one."""

    def __init__(self, *, connections: int, wait_s: float = LONG_S, **bounds: int) -> None:
        self.places = Places(AdmissionSettings.model_validate({"wait_s": wait_s, **bounds}), connections)
        self.asked: list[tuple[TenantId, asyncio.Event]] = []
        """Who got a place, in order, and what ends the question."""

    async def ask(self, *tenants: TenantId) -> list[asyncio.Task[None]]:
        """Questions that have a place or wait."""
        tasks = [asyncio.create_task(self._question(tenant)) for tenant in tenants]
        await settle()
        return tasks

    async def end(self, index: int) -> None:
        self.asked[index][1].set()
        await settle()

    def who(self) -> list[TenantId]:
        return [tenant for tenant, _ in self.asked]

    async def close(self, *tasks: asyncio.Task[None]) -> None:
        """Ends everything; then nobody may be left and every place be free."""
        while not all(task.done() for task in tasks):
            for _, over in self.asked:
                over.set()
            await settle()
        assert self.is_empty()

    def is_empty(self) -> bool:
        return not self.places.waiting and not self.places._lines and not self.places._turns

    async def _question(self, tenant: TenantId) -> None:
        async with self.places.place(tenant):
            over = asyncio.Event()
            self.asked.append((tenant, over))
            await over.wait()


async def settle() -> None:
    """Lets every task run until it waits for something."""
    for _ in range(10):
        await asyncio.sleep(0)


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(LONG_S):
            await main()

    asyncio.run(bounded())


def test_a_tenant_has_no_more_places_than_it_may() -> None:
    async def main() -> None:
        desk = Desk(connections=8, questions_max=3)
        tasks = await desk.ask(*[A] * 5)
        assert (desk.who(), desk.places.waiting) == ([A] * 3, 2)
        await desk.close(*tasks)

    run(main)


def test_a_tenant_never_has_all_connections() -> None:
    async def main() -> None:
        desk = Desk(connections=2, questions_max=4)
        tasks = await desk.ask(A, A, B)
        assert desk.who() == [A, B]
        await desk.close(*tasks)

    run(main)


def test_on_one_connection_everybody_is_served() -> None:
    async def main() -> None:
        desk = Desk(connections=1)
        tasks = await desk.ask(A, B)
        assert desk.who() == [A]
        await desk.end(0)
        assert desk.who() == [A, B]
        await desk.close(*tasks)

    run(main)


def test_a_tenants_questions_are_served_in_their_order_and_tenants_in_turn() -> None:
    async def main() -> None:
        desk = Desk(connections=2, questions_max=2)
        tasks = await desk.ask(A, B, A, A, A, B, C)
        for index in range(6):
            await desk.end(index)
        assert desk.who() == [A, B, A, B, C, A, A]
        await desk.close(*tasks)

    run(main)


def test_more_waiting_questions_of_a_tenant_than_it_may_have_are_its_own_fault() -> None:
    async def main() -> None:
        desk = Desk(connections=2, waiting_max=1)
        tasks = await desk.ask(A, A)
        with pytest.raises(RateLimited) as refused:
            await desk._question(A)
        assert refused.value.code == "too_many_questions"
        await desk.close(*tasks)

    run(main)


def test_more_waiting_questions_of_all_than_fit_are_nobodys_fault() -> None:
    async def main() -> None:
        desk = Desk(connections=2, waiting_total_max=1)
        tasks = await desk.ask(A, B, A)
        with pytest.raises(TryLater) as refused:
            await desk._question(C)
        assert (type(refused.value), refused.value.code) == (TryLater, "busy")
        await desk.close(*tasks)

    run(main)


@pytest.mark.parametrize(
    ("others", "kind", "code"), [((A,), RateLimited, "too_many_questions"), ((B, C), TryLater, "busy")]
)
def test_a_wait_ends_and_says_whose_questions_it_was_for(
    others: tuple[TenantId, ...], kind: type[TryLater], code: str
) -> None:
    async def main() -> None:
        desk = Desk(connections=2, wait_s=0.01)
        tasks = await desk.ask(*others)
        with pytest.raises(TryLater) as refused:
            await desk._question(A)
        assert (type(refused.value), refused.value.code) == (kind, code)
        await desk.close(*tasks)

    run(main)


def test_a_question_that_fails_gives_its_place_back() -> None:
    async def main() -> None:
        desk = Desk(connections=2)
        with pytest.raises(ZeroDivisionError):
            async with desk.places.place(A):
                raise ZeroDivisionError
        assert desk.is_empty()
        await desk.close(*await desk.ask(A, B))

    run(main)


def test_a_cancelled_question_gives_its_place_to_who_waits() -> None:
    async def main() -> None:
        desk = Desk(connections=2)
        tasks = await desk.ask(A, A)
        tasks[0].cancel()
        await settle()
        assert desk.who() == [A, A]
        await desk.close(*tasks)

    run(main)


def test_a_question_that_is_cancelled_while_it_waits_leaves_the_line() -> None:
    async def main() -> None:
        desk = Desk(connections=2)
        tasks = await desk.ask(A, A, A)
        tasks[1].cancel()
        await settle()
        assert desk.places.waiting == 1
        await desk.end(0)
        assert desk.who() == [A, A]
        await desk.close(*tasks)

    run(main)


@pytest.mark.parametrize("steps", range(4))
def test_a_place_given_to_a_question_that_is_cancelled_in_that_moment_is_not_lost(steps: int) -> None:
    async def main() -> None:
        desk = Desk(connections=2)
        tasks = await desk.ask(A, A, A)
        desk.asked[0][1].set()
        for _ in range(steps):  # of the loop: until the place is given back, until the next one has it
            await asyncio.sleep(0)
        tasks[1].cancel()
        await settle()
        assert desk.who()[-1:] == [A]
        assert not desk.places.waiting
        await desk.close(*tasks)

    run(main)
