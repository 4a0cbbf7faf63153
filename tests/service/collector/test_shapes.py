"""Every shape in which events may be sent, over a real connection into a real database."""

import gzip
from collections.abc import Callable

import orjson
import pytest
import zstandard

from analytics_hub.domain.ledger import LedgerCount
from tests.service.collector.conftest import Served
from tests.support.collecting import Tenant, array, fresh

Pack = Callable[[list[bytes]], bytes]
SHAPES: dict[str, tuple[Pack, str, int]] = {
    "one": (lambda lines: lines[0], "application/json", 1),
    "array": (array, "application/json", 3),
    "envelope": (lambda lines: b'{"events":' + array(lines) + b"}", "application/json; charset=utf-8", 3),
    "ndjson": (b"\n".join, "application/x-ndjson", 3),
    "ndjson-looked-at": (b"\n".join, "", 3),
    "array-looked-at": (array, "", 3),
}
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
}


def enveloped(line: bytes) -> bytes:
    """The event as a CloudEvent: identity and time in the envelope, the rest as its data."""
    data = orjson.loads(line)
    envelope = {name: data.pop(name) for name in ("id", "source", "time")}
    return orjson.dumps({"specversion": "1.0", "type": "com.example.llm.call", **envelope, "data": data})


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_stored_event_by_event(served: Served, tenant: Tenant, shape: str) -> None:
    pack, content_type, count = SHAPES[shape]
    answer = served.collector.send(pack(fresh(range(3))), tenant.key, content_type)
    assert answer.status == 200
    assert answer.body == {
        "received": count,
        "accepted": count,
        "rejected": [],
        "rejected_total": 0,
        "duplicates": 0,
        "request_id": answer.headers["x-request-id"],
    }
    assert tenant.stored() == count


@pytest.mark.parametrize("count", [1, 3])
def test_cloudevents_are_read_in_structured_and_in_batch_mode(
    served: Served, tenant: Tenant, count: int
) -> None:
    envelopes = [enveloped(line) for line in fresh(range(count))]
    one, many = "application/cloudevents+json", "application/cloudevents-batch+json; charset=utf-8"
    body, content_type = (envelopes[0], one) if count == 1 else (array(envelopes), many)
    answer = served.collector.send(body, tenant.key, content_type)
    assert (answer.status, answer.body["accepted"], answer.body["rejected"]) == (200, count, [])
    assert tenant.stored() == count
    again = served.collector.send(body, tenant.key, content_type)
    assert again.body["duplicates"] == count


@pytest.mark.parametrize("coding", CODINGS)
def test_an_encoding_is_undone(served: Served, tenant: Tenant, coding: str) -> None:
    body = CODINGS[coding](b"\n".join(fresh(range(500))))
    answer = served.collector.send(body, tenant.key, "application/x-ndjson", content_encoding=coding)
    assert (answer.status, answer.body["accepted"]) == (200, 500)
    assert tenant.stored() == 500


def test_a_chunked_body_is_one_body(served: Served, tenant: Tenant) -> None:
    body = b"\n".join(fresh(range(200)))
    pieces = iter([body[at : at + 1000] for at in range(0, len(body), 1000)])
    answer = served.collector.send(pieces, tenant.key, "application/x-ndjson")
    assert (answer.status, answer.body["accepted"]) == (200, 200)


def test_one_bad_event_never_costs_its_neighbours(served: Served, tenant: Tenant) -> None:
    lines = [*fresh([0]), b"{nonsense", *fresh([1], model=None), *fresh([2])]
    answer = served.collector.send(b"\n".join(lines), tenant.key, "application/x-ndjson")
    assert (answer.status, answer.body["accepted"], answer.body["rejected_total"]) == (200, 2, 2)
    assert [(one["index"], one["code"]) for one in answer.body["rejected"]] == [
        (1, "invalid_json"),
        (2, "missing_model"),
    ]
    assert tenant.stored() == 2
    assert tenant.ledger() == LedgerCount(received=4, stored=2, rejected=2)


def test_a_body_of_refusals_alone_was_read_and_says_why(served: Served, tenant: Tenant) -> None:
    answer = served.collector.send(array([b"{}"] * 25), tenant.key)
    assert (answer.status, answer.body["accepted"], answer.body["rejected_total"]) == (200, 0, 25)
    assert len(answer.body["rejected"]) == 10, "the list is bounded, the count is not"
    assert tenant.ledger() == LedgerCount(received=25, rejected=25)


def test_a_resend_is_told_and_counts_once(served: Served, tenant: Tenant) -> None:
    body = array(fresh(range(5)))
    assert served.collector.send(body, tenant.key).body["duplicates"] == 0
    again = served.collector.send(body, tenant.key)
    assert (again.status, again.body["accepted"], again.body["duplicates"]) == (200, 5, 5)
    assert tenant.stored() == 5
    assert tenant.ledger() == LedgerCount(received=10, stored=5, duplicate=5)


def test_a_clients_request_id_comes_back_and_stands_in_the_dead_letters(
    served: Served, tenant: Tenant
) -> None:
    answer = served.collector.send(b"{}", tenant.key, x_request_id="my-request-0001")
    assert answer.body["request_id"] == answer.headers["x-request-id"] == "my-request-0001"
    with served.db.connect("hub_maint") as conn:
        row = conn.execute(
            "SELECT origin FROM hub.dead_letters WHERE tenant_id = %s", [tenant.tenant_id]
        ).fetchone()
    assert row == ("http:my-request-0001",)


def test_the_documentation_has_the_shape_of_an_answer(served: Served, tenant: Tenant) -> None:
    operation = orjson.loads(served.collector.request("GET", "/openapi.json").content)["paths"]["/v1/events"][
        "post"
    ]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    answer = served.collector.send(array([*fresh([0]), b"{}"]), tenant.key)
    assert set(answer.body) == set(schema["required"]) == set(schema["properties"])
    rejected = schema["properties"]["rejected"]["items"]
    assert set(answer.body["rejected"][0]) == set(rejected["required"])
