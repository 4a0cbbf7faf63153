"""Requests to an ASGI app in this process, its start and stop included. Real HTTP semantics, no socket."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from fastapi import FastAPI


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return orjson.loads(self.content)


def request(
    app: FastAPI,
    path: str,
    *,
    method: str = "GET",
    key: str | None = None,
    params: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> Answer:
    """One request; `key` goes into the Authorization header."""

    async def main() -> Answer:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
                sent = dict(headers or {}) | ({"Authorization": f"Bearer {key}"} if key else {})
                found = await client.request(
                    method, path, params=tuple(params) or None, headers=sent, content=content
                )
                return Answer(found.status_code, found.headers, found.content)

    return asyncio.run(main())
