"""The route over in-memory twins: quotas, outages, the end of a process, and what it says of itself."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import Broken
from analytics_hub.domain.key import Scope
from analytics_hub.domain.tenant import LATE_HORIZON_DEFAULT, NewTenant, TenantLimits
from analytics_hub.settings import CollectorSettings
from analytics_hub.tenancy.authenticate import Authenticator
from analytics_hub.tenancy.issue import issue_key
from analytics_hub.tenancy.memory import MemoryKeyStore, MemoryTenants
from ingest.http.app import create_collector_app
from ingest.http.collector import Collector
from ingest.memory import MemorySink
from ingest.ports import Acceptance, Submission
from ingest.tenant_directory import TenantDirectory
from tests.support.acceptor import SinkAcceptor
from tests.support.http import Answer
from tests.support.ingest import NOW, events


class World:
    """One collector, one tenant, a clock, and an acceptor that can fail."""

    def __init__(self, **changed: float) -> None:
        self.clock = FixedClock(NOW)
        tenants = MemoryTenants(NOW)
        self.tenant = tenants.create(NewTenant("acme"))
        self.key = issue_key(tenants, self.tenant.tenant_id, [Scope.INGEST]).text
        self.acceptor = FailingAcceptor(MemorySink())
        self.known: dict[int, TenantLimits] = {
            self.tenant.tenant_id: TenantLimits(self.tenant.tenant_id, "acme", LATE_HORIZON_DEFAULT, ())
        }
        self.settings = CollectorSettings.model_validate(changed)
        self._tenants = tenants

    def run(self, act: Callable[["Client"], Any]) -> Any:
        """Opens the collector in a loop of its own and acts on it."""

        async def main() -> Any:
            with ThreadPoolExecutor(1) as threads:
                collector = Collector(
                    self.acceptor,
                    Authenticator(MemoryKeyStore(self._tenants), self.clock, cache_s=5, cache_max=10),
                    TenantDirectory(self._load, self.clock, cache_s=5, cache_max=10),
                    settings=self.settings,
                    clock=self.clock,
                    inflate_threads=threads,
                )
                app = create_collector_app(collector, self.clock, query_string_bytes_max=1000)
                transport = httpx.ASGITransport(app=app)
                async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
                    return await act(Client(http, self.key, collector))

        return asyncio.run(main())

    def _load(self, tenant_id: int) -> TenantLimits | None:
        return self.known.get(tenant_id)

    def send(self, numbers: range, headers: Mapping[str, str] | None = None) -> Answer:
        return self.run(lambda client: client.send(numbers, headers))  # type: ignore[no-any-return]

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


class Client:
    def __init__(self, http: httpx.AsyncClient, key: str, collector: Collector) -> None:
        self._http = http
        self._key = key
        self.collector = collector

    async def send(self, numbers: range, headers: Mapping[str, str] | None = None) -> Answer:
        sent = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/x-ndjson"}
        found = await self._http.post(
            "/v1/events", content=b"\n".join(events(numbers)), headers=sent | dict(headers or {})
        )
        return Answer(found.status_code, found.headers, found.content)

    async def get(self, path: str) -> Answer:
        found = await self._http.get(path)
        return Answer(found.status_code, found.headers, found.content)


class FailingAcceptor(SinkAcceptor):
    """Raises what it is told to."""

    error: Exception | None = None

    async def accept(self, submission: Submission) -> Acceptance:
        if self.error is not None:
            raise self.error
        return await super().accept(submission)


def statuses(world: World, *sizes: int) -> list[int]:
    """Bodies of these sizes, one after the other at the same moment."""

    async def act(client: Client) -> list[int]:
        return [(await client.send(range(size))).status for size in sizes]

    return world.run(act)  # type: ignore[no-any-return]


def test_past_the_tenants_rate_it_is_429_and_says_for_how_long() -> None:
    async def act(client: Client) -> tuple[int, Answer]:
        return (await client.send(range(10))).status, await client.send(range(1))

    first, refused = World(events_per_s=5, burst_s=2).run(act)
    assert (first, refused.status, refused.body["code"]) == (200, 429, "quota_exceeded")
    assert int(refused.headers["retry-after"]) >= 1


def test_bytes_are_rated_as_events_are() -> None:
    assert statuses(World(bytes_per_s=100, burst_s=1), 10, 1) == [200, 429]


def test_a_body_that_was_not_taken_costs_no_quota() -> None:
    world = World(events_per_s=5, burst_s=2)
    world.acceptor.outage_after = 0

    async def act(client: Client) -> list[int]:
        refused = (await client.send(range(10))).status
        world.acceptor.outage_after = None
        return [refused, (await client.send(range(10))).status, (await client.send(range(1))).status]

    assert world.run(act) == [503, 200, 429]


def test_an_outage_is_503_with_a_time_to_come_back() -> None:
    world = World()
    world.acceptor.outage_after = 0
    answer = world.send(range(1))
    assert (answer.status, answer.body["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("error", [Broken("database_error", "Ours."), ValueError("nobody foresaw this")])
def test_a_fault_of_ours_is_500_without_a_word_of_the_inside(error: Exception) -> None:
    world = World()
    world.acceptor.error = error
    answer = world.send(range(1))
    assert answer.status == 500
    assert b"nobody foresaw" not in answer.content
    assert answer.body["request_id"] == answer.headers["x-request-id"]


def test_a_key_whose_tenant_is_gone_is_nobodys() -> None:
    world = World()
    world.known.clear()
    answer = world.send(range(1))
    assert (answer.status, answer.body["code"]) == (401, "unknown_key")


def test_the_moment_of_receipt_is_stamped_once_by_our_clock() -> None:
    world = World()
    world.wait(8 * 86_400)
    answer = world.send(range(2))
    assert [one["code"] for one in answer.body["rejected"]] == ["too_old"] * 2


def test_a_process_that_stops_says_so_and_takes_nothing_more() -> None:
    async def act(client: Client) -> list[tuple[int, int]]:
        async def seen() -> tuple[int, int]:
            return (await client.get("/readyz")).status, (await client.send(range(1))).status

        before = await seen()
        client.collector.gate.say_not_ready()
        meanwhile = await seen()
        await client.collector.drain()
        return [before, meanwhile, await seen()]

    assert World().run(act) == [(200, 200), (503, 200), (503, 503)]


def test_the_operators_pages_need_no_key_and_name_no_tenant() -> None:
    async def act(client: Client) -> tuple[int, str]:
        await client.send(range(3))
        return (await client.get("/healthz")).status, (await client.get("/metrics")).content.decode()

    status, text = World().run(act)
    assert status == 200
    assert 'hub_http_requests_total{method="POST",route="/v1/events",status="200"}' in text
    assert "acme" not in text


def test_the_documentation_has_the_route_with_every_status() -> None:
    document = World().run(lambda client: client.get("/openapi.json")).body
    responses = document["paths"]["/v1/events"]["post"]["responses"]
    assert set(responses) == {"200", "202", "401", "403", "408", "413", "415", "422", "429", "503"}
