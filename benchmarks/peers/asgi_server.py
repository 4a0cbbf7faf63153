"""The server that all collectors of the comparison run on: granian inside one process, as `hub collector` runs."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server


async def serve(app: Any, port: int) -> None:
    """Until SIGTERM."""
    server = Server(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()
