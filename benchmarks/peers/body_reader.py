"""The least a collector can do: read the body, answer. What the server alone costs.

python -m benchmarks.peers.body_reader PORT
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from benchmarks.peers.asgi_server import serve


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Plain ASGI on the same server as the collector."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


if __name__ == "__main__":
    asyncio.run(serve(app, int(sys.argv[1])))
