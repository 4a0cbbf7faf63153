"""Places for questions, shared out between tenants: no tenant has all of them, and who waits is served in turn.

In: a tenant. Out: a place for as long as its question runs, or an error after a bounded wait. There are as many places
as reader connections, so that a question with a place finds a connection, and a look-up of a key too. A tenant's own
questions are served in their order, tenants one after another: behind a storm of another one waits for one answer.
For one event loop.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from analytics_hub.domain.errors import RateLimited, TryLater
from analytics_hub.domain.tenant import TenantId
from analytics_hub.settings import AdmissionSettings
from analytics_hub.telemetry import QUESTIONS_ASKING, QUESTIONS_WAITING


class _Line:
    """A tenant's questions: how many have a place, and which wait."""

    def __init__(self) -> None:
        self.asking = 0
        self.waiting: deque[asyncio.Future[None]] = deque()


class Places:
    """Holds a line only of tenants that ask now."""

    def __init__(self, settings: AdmissionSettings, connections: int) -> None:
        self._settings = settings
        self._free = connections
        self._each_max = min(settings.questions_max, max(1, connections - 1))
        self._lines: dict[TenantId, _Line] = {}
        self._turns: OrderedDict[TenantId, None] = OrderedDict()
        """Tenants of whom somebody waits, who was served longest ago first."""
        self.waiting = 0

    @asynccontextmanager
    async def place(self, tenant: TenantId) -> AsyncIterator[None]:
        """A place until the end of the block. Raises RateLimited or TryLater when there is none in time."""
        line = self._lines.setdefault(tenant, _Line())
        try:
            if self._free and line.asking < self._each_max:
                self._take(line)
            else:
                await self._wait(tenant, line)
            try:
                yield
            finally:
                self._give_back(line)
        finally:
            if not line.asking and not line.waiting and self._lines.get(tenant) is line:
                del self._lines[tenant]

    async def _wait(self, tenant: TenantId, line: _Line) -> None:
        if len(line.waiting) >= self._settings.waiting_max:
            raise RateLimited("too_many_questions", "Too many of your tenant's questions wait already.")
        if self.waiting >= self._settings.waiting_total_max:
            raise TryLater("busy", "Too many questions wait here already.")
        turn = asyncio.get_running_loop().create_future()
        line.waiting.append(turn)
        self._turns[tenant] = None
        self.waiting += 1
        QUESTIONS_WAITING.inc()
        try:
            async with asyncio.timeout(self._settings.wait_s):
                await turn
        except BaseException as error:
            if turn in line.waiting:
                self._leave(tenant, line, turn)
            elif not turn.cancelled():  # it was our turn just then
                self._give_back(line)
            if isinstance(error, TimeoutError):
                raise self._too_late(line) from error
            raise

    def _too_late(self, line: _Line) -> TryLater:
        if line.asking >= self._each_max:
            return RateLimited("too_many_questions", "Your tenant's other questions did not end in time.")
        return TryLater("busy", "The questions before this one did not end in time.")

    def _take(self, line: _Line) -> None:
        self._free -= 1
        QUESTIONS_ASKING.inc()
        line.asking += 1

    def _give_back(self, line: _Line) -> None:
        self._free += 1
        QUESTIONS_ASKING.dec()
        line.asking -= 1
        self._serve()

    def _leave(self, tenant: TenantId, line: _Line, turn: "asyncio.Future[None]") -> None:
        line.waiting.remove(turn)
        self.waiting -= 1
        QUESTIONS_WAITING.dec()
        if not line.waiting:
            del self._turns[tenant]

    def _serve(self) -> None:
        """Hands free places to who waits; passes over tenants that have all they may, of whom there are few."""
        while self._free:
            may = (tenant for tenant in self._turns if self._lines[tenant].asking < self._each_max)
            tenant = next(may, None)
            if tenant is None:
                return
            line = self._lines[tenant]
            turn = line.waiting[0]
            self._leave(tenant, line, turn)
            if line.waiting:
                self._turns.move_to_end(tenant)
            if not turn.done():
                self._take(line)
                turn.set_result(None)
