"""Where the query benchmark's database lives, and the process that serves it.

    python -m benchmarks.query_server PORT      the API on granian, as `hub up` runs it, over the addresses in HUB_*_DSN

In: HUB_BENCH_DSN (a superuser's address of a server with TimescaleDB), or nothing: then a plain server of our own. Out:
`Place`, addresses by role; `serving`, the port of a process of its own. It serves the API and nothing else: closer and
retention go by the clock of the wall, and would close the open hours of data that ends on a fixed day.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from analytics_hub.api.app import create_app
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.services import open_services
from analytics_hub.cli.web import run, serve_app
from analytics_hub.settings import default_settings, load_settings
from analytics_hub.storage.embedded import embedded_server
from benchmarks.pinned import await_listening, free_port

HOST = "127.0.0.1"
START_S = 60
_ROLES = ("owner", "writer", "maint", "reader")


@dataclass(frozen=True)
class Place:
    """A server and one database on it."""

    dsn: Callable[[str, str], str]
    """By role and database."""
    admin_dsn: Callable[[str], str]
    """The superuser's, by database."""
    name: str
    timescale: bool

    def hub(self) -> OpenedHub:
        return OpenedHub(default_settings(), lambda role: self.dsn(role, self.name), self.name)

    @property
    def admin(self) -> str:
        return self.admin_dsn(self.name)


@contextmanager
def open_place(name: str, folder: Path) -> Iterator[Place]:
    """The server that HUB_BENCH_DSN names, or one of our own with its data in the folder."""
    address = os.environ.get("HUB_BENCH_DSN")
    if address:
        yield Place(
            lambda role, dbname: make_conninfo(address, user=role, dbname=dbname),
            lambda dbname: make_conninfo(address, dbname=dbname),
            name,
            timescale=True,
        )
        return
    with embedded_server(folder / "data", wait_s=START_S) as server:
        yield Place(server.dsn, server.admin_dsn, name, timescale=False)


@contextmanager
def serving(place: Place) -> Iterator[int]:
    """The API in a process of its own; its port."""
    port = free_port()
    others = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    dsns = {f"HUB_{role.upper()}_DSN": place.hub().dsn(f"hub_{role}") for role in _ROLES}
    command = [sys.executable, "-m", "benchmarks.query_server", str(port)]
    process = subprocess.Popen(command, env=others | dsns | {"HUB_LOG_LEVEL": "warning"})
    try:
        await_listening(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(START_S)


async def _serve(hub: OpenedHub, port: int) -> None:
    async with open_services(hub, "hub-api") as services:

        async def drain() -> None:
            services.live.stop()

        app = create_app(lambda: nullcontext(services), hub.settings.api)
        clients_max = hub.settings.api.clients_max
        await serve_app(
            app, HOST, port, clients_max=clients_max, silent_s=20, ready=lambda: None, drain=drain
        )


def main() -> None:
    """Serve until asked to stop."""
    with opened(load_settings()) as hub:
        run(_serve(hub, int(sys.argv[1])))


if __name__ == "__main__":
    main()
