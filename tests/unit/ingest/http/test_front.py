"""One path, two apps: what brings events goes to the collector, what reads them to the app behind it."""

import asyncio
from typing import cast

import httpx
import pytest
from starlette.responses import PlainTextResponse

from analytics_hub.domain.clock import FixedClock
from ingest.http.collector import Collector
from ingest.http.endpoint import CollectorFront
from tests.support.ingest import NOW

READER = PlainTextResponse("reader")


def answered_by(method: str, path: str, *, reads: bool) -> str:
    """`reader` from the app behind; a collector that is not there breaks."""

    async def main() -> str:
        nobody = cast(Collector, None)
        front = CollectorFront(nobody, READER, FixedClock(NOW), query_string_bytes_max=1000, reads=reads)
        transport = httpx.ASGITransport(app=front)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            answer = await client.request(method, path)
            return answer.text if answer.status_code == 200 else "collector"

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("method", "path", "reads", "by"),
    [
        ("POST", "/v1/events", True, "collector"),
        ("GET", "/v1/events", True, "reader"),
        ("GET", "/v1/events", False, "collector"),
        ("POST", "/v1/usage", True, "reader"),
    ],
)
def test_the_path_is_shared_by_method(method: str, path: str, reads: bool, by: str) -> None:
    assert answered_by(method, path, reads=reads) == by
