"""A collector as most people write it well: FastAPI, orjson, one COPY a request, answered after the commit.

    python -m benchmarks.peers.fastapi_collector PORT DSN

It checks that each event has an id, a time and a model, works out the row and stores it; it knows no duplicates, no
prices, no rollups and no keys.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from psycopg_pool import AsyncConnectionPool

from benchmarks.peers.asgi_server import serve

CONNECTIONS = 8
TABLE = """
    CREATE TABLE IF NOT EXISTS peer_collected (
        id text, ts timestamptz, provider text, model text, project text, status text, user_id text,
        input_tokens int8, cache_read_tokens int8, output_tokens int8, latency_ms float8)
"""
COPY = "COPY peer_collected FROM STDIN"


def row(event: dict[str, Any]) -> tuple[Any, ...]:
    """Raises KeyError for an event without what it must have."""
    usage = event["usage"]
    return (
        event["id"],
        event["time"],
        event["provider"],
        event["model"],
        event.get("project", ""),
        event.get("status", "ok"),
        event.get("user"),
        usage.get("input_tokens", 0),
        usage.get("cache_read_tokens", 0),
        usage.get("output_tokens", 0),
        event.get("latency_ms"),
    )


def collector(pool: AsyncConnectionPool) -> FastAPI:
    """The app on an open pool."""
    app = FastAPI()

    @app.post("/v1/events", status_code=202)
    async def collect(request: Request) -> Response:
        events = orjson.loads(await request.body())
        if isinstance(events, dict):
            events = [events]
        rows = [row(event) for event in events]
        async with pool.connection() as conn, conn.cursor() as cursor, cursor.copy(COPY) as copy:
            for one in rows:
                await copy.write_row(one)
        return Response(orjson.dumps({"accepted": len(rows)}), 202, media_type="application/json")

    return app


async def main(port: int, dsn: str) -> None:
    """Serve until SIGTERM."""
    async with AsyncConnectionPool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        async with pool.connection() as conn:
            await conn.execute(TABLE)
        await serve(collector(pool), port)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
