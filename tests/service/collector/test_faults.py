"""Requests that are wrong, hostile or unlucky: each gets its own code, and the next one is answered as ever."""

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator

import psutil
import pytest
import zstandard

from tests.service.collector.conftest import Served
from tests.support.collecting import Tenant, array, code, fresh

MIB = 1024 * 1024
BAD_KEY = "hub_" + "a" * 12 + "_" + "b" * 52 + "_00000000"


@pytest.fixture(autouse=True)
def _still_well(served: Served, tenant: Tenant) -> Iterator[None]:
    yield
    answer = served.collector.send(array(fresh(range(1000, 1003))), tenant.key)
    assert served.collector.is_well()
    assert answer.status in {200, 401}, "only the test of a revoked key takes it away"


def test_a_wrong_content_type_is_415(served: Served, tenant: Tenant) -> None:
    answer = served.collector.send(b"a=b", tenant.key, "application/x-www-form-urlencoded")
    assert code(answer) == (415, "unknown_content_type")


@pytest.mark.parametrize("coding", ["br", "gzip, zstd", "deflate"])
def test_an_unknown_encoding_or_several_are_415(served: Served, tenant: Tenant, coding: str) -> None:
    answer = served.collector.send(b"{}", tenant.key, content_encoding=coding)
    assert code(answer) == (415, "unknown_content_encoding")


def test_an_empty_body_is_422(served: Served, tenant: Tenant) -> None:
    assert code(served.collector.send(b"", tenant.key)) == (422, "empty_body")


def test_a_broken_and_a_cut_gzip_are_422(served: Served, tenant: Tenant) -> None:
    data = gzip.compress(array(fresh(range(10))))
    corrupt = served.collector.send(b"{}", tenant.key, content_encoding="gzip")
    assert code(corrupt) == (422, "corrupt_body")
    cut = served.collector.send(data[:-10], tenant.key, content_encoding="gzip")
    assert code(cut) == (422, "truncated_body")
    assert tenant.stored() == 0


def test_an_event_of_two_megabytes_is_refused_and_its_neighbours_are_not(
    served: Served, tenant: Tenant
) -> None:
    long = fresh([1], note="x" * 2 * MIB)
    answer = served.collector.send(array([*fresh([0]), *long, *fresh([2])]), tenant.key)
    assert (answer.status, answer.body["accepted"]) == (200, 2)
    assert [(one["index"], one["code"]) for one in answer.body["rejected"]] == [(1, "event_too_large")]


def test_a_body_past_the_bound_is_413(served: Served, tenant: Tenant) -> None:
    assert code(served.collector.send(b" " * (4 * MIB + 1), tenant.key)) == (413, "body_too_large")


def _gzip_bomb() -> bytes:
    head = zlib.compressobj(9, wbits=31)
    first = head.compress(bytes(MIB)) + head.flush(zlib.Z_FULL_FLUSH)
    block = head.compress(bytes(MIB)) + head.flush(zlib.Z_FULL_FLUSH)
    return first + block * 1023


def _zstd_bomb() -> bytes:
    frame = zstandard.ZstdCompressor().compressobj()
    return b"".join([frame.compress(bytes(MIB)) for _ in range(1024)]) + frame.flush()


@pytest.mark.parametrize(("coding", "make"), [("gzip", _gzip_bomb), ("zstd", _zstd_bomb)])
def test_a_bomb_is_413_and_costs_no_more_than_a_body_of_the_bound(
    served: Served, tenant: Tenant, coding: str, make: Callable[[], bytes]
) -> None:
    bomb = make()  # 1 GiB
    before_bytes = psutil.Process(served.collector.process.pid).memory_info().rss
    answer = served.collector.send(bomb, tenant.key, content_encoding=coding)
    assert code(answer) == (413, "body_too_large")
    assert psutil.Process(served.collector.process.pid).memory_info().rss - before_bytes < 64 * MIB


def test_an_endless_body_is_413(served: Served, tenant: Tenant) -> None:
    with served.collector.raw() as connection:
        connection.sendall(_head(tenant, "Transfer-Encoding: chunked"))
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        try:
            for _ in itertools.repeat(None, 10_000):  # 640 MB: far beyond what anybody waits for
                connection.sendall(chunk)
        except ConnectionError:
            return  # cut off while it was still sending, as it deserves
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


def test_a_body_that_stops_coming_is_408(served: Served, tenant: Tenant) -> None:
    with served.collector.raw() as connection:
        connection.sendall(_head(tenant, "Content-Length: 100") + b"{")
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")


def test_a_body_that_drips_is_408_although_it_never_stops(served: Served, tenant: Tenant) -> None:
    with served.collector.raw() as connection:
        connection.sendall(_head(tenant, "Content-Length: 100000") + b"{")
        connection.settimeout(0.1)
        answer = b""
        for _ in range(600):
            try:
                answer = connection.recv(4096)
                break
            except TimeoutError:
                connection.sendall(b" ")
        assert answer.startswith(b"HTTP/1.1 408")


def test_idle_and_slow_clients_lock_nobody_out(served: Served, tenant: Tenant) -> None:
    quiet = [served.collector.raw() for _ in range(300)]
    try:
        for connection in quiet[150:]:
            connection.sendall(_head(tenant, "Content-Length: 100") + b"{")
        # The slow ones are ended after a second, the idle ones are not: alone they were once enough.
        assert served.collector.send(array(fresh([0])), tenant.key).status == 200
    finally:
        for connection in quiet:
            connection.close()


def test_headers_of_a_megabyte_are_refused_or_cut_off(served: Served, tenant: Tenant) -> None:
    with served.collector.raw() as connection:
        try:
            connection.sendall(_head(tenant, "X-Long: " + "x" * MIB))
            answer = connection.recv(4096)
        except ConnectionError:
            answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


def test_a_client_that_hangs_up_leaves_nothing_behind(served: Served, tenant: Tenant) -> None:
    with served.collector.raw() as connection:
        connection.sendall(_head(tenant, "Content-Length: 100") + b"{")
    assert tenant.stored() == 0


def test_without_a_key_with_a_mistyped_one_and_with_a_strangers_it_is_401(
    served: Served, tenant: Tenant
) -> None:
    assert code(served.collector.send(b"{}", "")) == (401, "no_key")
    assert code(served.collector.send(b"{}", BAD_KEY)) == (401, "bad_key")
    assert code(served.collector.send(b"{}", tenant.key[:-1] + "g")) == (401, "bad_key")


def test_a_key_that_may_only_ask_is_403(served: Served, request: pytest.FixtureRequest) -> None:
    asking = served.tenant("asks-only", "query")
    assert code(served.collector.send(b"{}", asking.key)) == (403, "scope_missing")


def test_a_revoked_key_is_refused_within_the_seconds_of_the_cache(served: Served, tenant: Tenant) -> None:
    assert served.collector.send(array(fresh([0])), tenant.key).status == 200
    tenant.revoke()
    ends = itertools.takewhile(
        lambda answer: answer.status == 200,
        (served.collector.send(array(fresh([0])), tenant.key) for _ in range(100_000)),
    )
    assert sum(1 for _ in ends) < 100_000, "refused in the end; the bound of 5 s is the setting's own"
    assert code(served.collector.send(b"{}", tenant.key)) == (401, "key_revoked")


def test_another_tenants_name_in_the_payload_is_compared_and_never_believed(
    served: Served, tenant: Tenant
) -> None:
    other = served.tenant("somebody-else")
    body = array([*fresh([0], tenant=other.slug), *fresh([1], tenant=tenant.slug), *fresh([2])])
    answer = served.collector.send(body, tenant.key)
    assert [(one["index"], one["code"]) for one in answer.body["rejected"]] == [(0, "tenant_mismatch")]
    assert (tenant.stored(), other.stored()) == (2, 0)


def test_another_tenants_key_stores_for_that_tenant_whatever_was_sent_before(
    served: Served, tenant: Tenant
) -> None:
    other = served.tenant("next-door")
    body = array(fresh([0, 1]))
    for one in (tenant, other):
        answer = served.collector.send(body, one.key)
        assert (answer.status, answer.body["accepted"], answer.body["duplicates"]) == (200, 2, 0)
    assert (tenant.stored(), other.stored()) == (2, 2)


def test_another_method_is_405_and_says_which(served: Served, tenant: Tenant) -> None:
    answer = served.collector.request("PUT", "/v1/events")
    assert code(answer) == (405, "method_not_allowed")
    assert "POST" in answer.headers["allow"].split(", ")


def test_the_path_is_that_path_alone(served: Served, tenant: Tenant) -> None:
    assert code(served.collector.request("POST", "/v1/events/")) == (404, "no_such_path")


def _head(tenant: Tenant, *lines: str) -> bytes:
    fixed = (
        "POST /v1/events HTTP/1.1",
        "Host: hub",
        f"Authorization: Bearer {tenant.key}",
        "Content-Type: application/json",
    )
    return "\r\n".join([*fixed, *lines, "", ""]).encode()
