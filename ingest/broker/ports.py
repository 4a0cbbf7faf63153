"""Ports for a broker that comes back: free now, and not taken by a client while the broker is down.

In: the port that was asked for. Out: one to listen on.
"""

import random
import socket

from analytics_hub.domain.errors import Conflict
from ingest.broker.config import HOST

# Below the range from which systems give ports to outgoing connections (Linux from 32768, macOS from 49152). A client
# that keeps knocking at a dead broker's port in that range would one day be given the same port and answer itself.
_LOWEST, _HIGHEST = 20_000, 32_000
_TRIES_MAX = 100


def free_port() -> int:
    """A port that nobody listens on. Raises Conflict when there is none."""
    for _ in range(_TRIES_MAX):
        port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311 - a place, not a secret
        if _is_free(port):
            return port
    raise Conflict("no_free_port", f"no free port on {HOST} from {_LOWEST} to {_HIGHEST}")


def port_or_free(wanted: int) -> int:
    """The port that was asked for, a free one for 0. Raises Conflict when somebody listens there."""
    if wanted == 0:
        return free_port()
    if not _is_free(wanted):
        raise Conflict("port_taken", f"{HOST}:{wanted} is taken; HUB_BROKER_PORT names another, 0 a free one")
    return wanted


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the broker does: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
