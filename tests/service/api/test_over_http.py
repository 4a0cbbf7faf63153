"""The API on a real database, once in this process and once behind a real web server on a free port."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from granian.constants import Interfaces
from granian.server.embed import Server as WebServer

from analytics_hub.api.app import create_app
from analytics_hub.api.rest.wire import UsageBody
from analytics_hub.domain.tenant import TenantId
from analytics_hub.settings import ApiSettings
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.tenancy.issue import issue_key
from tests.support.database import Database
from tests.support.deltas import add_series, flush_delta, minute
from tests.support.http import request
from tests.support.services import open_services

START_S = 180.0
RANGE = [("from", "2026-11-01"), ("to", "2026-11-02")]


def app_on(db: Database) -> FastAPI:
    return create_app(lambda: open_services(db.reader_dsn), ApiSettings())


def make_tenant(db: Database, slug: str, events: int) -> str:
    """A tenant with events of one model; gives the text of a key that may query."""
    tenant = db.add_tenant(slug)
    with db.connect("hub_writer") as writer:
        add_series(writer, tenant, 1, provider="openai", model=f"model-of-{slug}")
        flush_delta(writer, tenant, minute("2026-11-01 10:07"), 1, events=events, cost_input_pico_usd=10**9)
    with db.connect("hub_maint") as connection:
        return issue_key(PostgresKeyBook(connection), TenantId(tenant), ["query"]).text


def test_a_key_sees_its_own_tenant_and_no_other(db: Database) -> None:
    keys = {slug: make_tenant(db, slug, events) for slug, events in (("acme", 3), ("other", 5))}
    for slug, events in (("acme", 3), ("other", 5)):
        answer = request(app_on(db), "/v1/usage", key=keys[slug], params=[*RANGE, ("group_by", "model")])
        assert answer.status == 200
        assert answer.body["total"]["events"] == events
        assert [series["group"] for series in answer.body["series"]] == [{"model": f"model-of-{slug}"}]


def test_readiness_asks_the_database(db: Database) -> None:
    assert request(app_on(db), "/readyz").body == {"status": "ready"}


def test_a_hostile_filter_is_a_value_and_nothing_else(db: Database) -> None:
    key = make_tenant(db, "acme", 3)
    hostile = "x' OR tenant_id > 0; DROP TABLE hub.series; --"
    answer = request(app_on(db), "/v1/usage", key=key, params=[*RANGE, ("filter.model", hostile)])
    assert answer.body["total"]["events"] == 0
    assert request(app_on(db), "/v1/usage", key=key, params=RANGE).body["total"]["events"] == 3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def first_answer(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """Waits for the server to listen, for so long and no longer."""
    async with asyncio.timeout(START_S):
        while True:
            try:
                return await client.get(path)
            except httpx.ConnectError:
                await asyncio.sleep(0.05)


def test_a_real_web_server_in_this_process_answers_and_stops(db: Database) -> None:
    key, port = make_tenant(db, "acme", 3), free_port()

    async def main() -> Mapping[str, Any]:
        server = WebServer(app_on(db), address="127.0.0.1", port=port, interface=Interfaces.ASGI)
        serving = asyncio.create_task(server.serve())
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await first_answer(client, "/readyz")).status_code == 200
            found = await client.get(
                "/v1/usage", params=dict(RANGE), headers={"Authorization": f"Bearer {key}"}
            )
            assert (await client.get("/v1/usage")).headers["content-type"] == "application/problem+json"
        server.stop()  # type: ignore[no-untyped-call]
        async with asyncio.timeout(START_S):
            await serving
        assert found.status_code == 200
        return dict(found.json())

    body = UsageBody.model_validate(asyncio.run(main()))
    assert body.total["events"] == 3
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):  # noqa: PT011
        pass
