"""Requests whose end can be read in two ways, over a real connection: the hidden one behind them is never answered.

A proxy in front may share one connection among tenants: where it and this server disagree about the end of a request,
the rest would be read as the beginning of somebody else's.
"""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.support.collecting import RunningCollector, Tenant, a_collector
from tests.support.database import Database, copy_of

WAIT_S = 60
LAST = b"GET /healthz HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"
"""Whatever stood before it: after this one, if not earlier, the server closes."""
AMBIGUOUS = {
    "length_and_chunks": b"Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks_and_length": b"Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n0\r\n\r\n",
    "two_lengths": b"Content-Length: 0\r\nContent-Length: {length}\r\n\r\n",
    "list_of_lengths": b"Content-Length: 0, {length}\r\n\r\n",
    "signed_length": b"Content-Length: +0\r\n\r\n",
    "negative_length": b"Content-Length: -1\r\n\r\n",
    "hexadecimal_length": b"Content-Length: 0x0\r\n\r\n",
    "length_with_a_space_before_the_colon": b"Content-Length : 0\r\n\r\n",
    "folded_chunks": b"Transfer-Encoding:\r\n chunked\r\nContent-Length: {length}\r\n\r\n0\r\n\r\n",
    "unknown_coding": b"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n",
    "coding_after_chunks": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunk_of_no_size": b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
    "header_with_a_null": b"X-A: a\x00b\r\n\r\n",
    "bare_return_in_a_header": b"X-A: a\rContent-Length: 0\r\n\r\n",
}


@pytest.fixture(scope="module")
def hub_db(template: Database) -> Iterator[Database]:
    with copy_of(template) as database:
        yield database


@pytest.fixture(scope="module")
def hub(hub_db: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    with a_collector(hub_db, tmp_path_factory.mktemp("smuggling")) as running:
        yield running


def answers(hub: RunningCollector, sent: bytes) -> bytes:
    """All that comes back until the server closes."""
    host, _, port = hub.address.partition(":")
    parts: list[bytes] = []
    with (
        socket.create_connection((host, int(port)), timeout=WAIT_S) as connection,
        suppress(ConnectionError),  # it may close while there is something left to be read
    ):
        connection.sendall(sent + LAST)
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def hidden(tenant: Tenant) -> bytes:
    return b"GET /v1/ledger HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer %b\r\n\r\n" % tenant.key.encode()


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_request_with_two_ends_hides_no_other(hub: RunningCollector, hub_db: Database, name: str) -> None:
    tenant = Tenant(hub_db, name.replace("_", "-"), ("query",))
    behind = hidden(tenant)
    head = AMBIGUOUS[name].replace(b"{length}", str(len(behind)).encode())
    told = answers(hub, b"POST /graphql HTTP/1.1\r\nHost: hub\r\n" + head + behind)
    assert b'"received"' not in told, told
    assert hub.is_well()


def test_a_request_with_one_end_is_followed_by_the_next(hub: RunningCollector, hub_db: Database) -> None:
    behind = hidden(Tenant(hub_db, "honest", ("query",)))
    told = answers(hub, b"POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Length: 0\r\n\r\n" + behind)
    assert b'"received"' in told
