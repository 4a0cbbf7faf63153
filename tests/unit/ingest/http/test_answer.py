"""The wire form of what became of a body."""

import orjson
import pytest

from ingest.http.answer import answer
from ingest.ports import Acceptance
from rust_core import Reject
from tests.support.ingest import event, prepared


def rejects() -> list[Reject]:
    """Of the events 1, 2 and 3: no model, no time, negative tokens."""
    lines = [
        event(0),
        event(1, model=None),
        event(2, time=None),
        event(3, usage={"input_tokens": -1, "output_tokens": 1}),
    ]
    return prepared(lines).rejects()


def test_an_answer_names_every_refusal_by_its_place_in_the_body() -> None:
    made = answer(Acceptance(4, 1, 3, rejects(), 0, stored=True), "request-1", 100)
    body = orjson.loads(made.body)
    assert {name: body[name] for name in ("received", "accepted", "rejected_total", "duplicates")} == {
        "received": 4,
        "accepted": 1,
        "rejected_total": 3,
        "duplicates": 0,
    }
    assert [(one["index"], one["code"]) for one in body["rejected"]] == [
        (1, "missing_model"),
        (2, "missing_time"),
        (3, "negative"),
    ]
    assert all(one["message"].endswith(".") for one in body["rejected"])
    assert body["request_id"] == "request-1"


def test_the_list_is_bounded_and_the_count_is_not() -> None:
    body = orjson.loads(answer(Acceptance(4, 1, 3, rejects(), None, stored=False), "", 2).body)
    assert (len(body["rejected"]), body["rejected_total"], body["duplicates"]) == (2, 3, None)


@pytest.mark.parametrize(("stored", "status"), [(True, 200), (False, 202)])
def test_the_status_says_who_has_the_events_even_when_all_were_refused(stored: bool, status: int) -> None:
    assert answer(Acceptance(3, 0, 3, rejects(), None, stored=stored), "", 100).status_code == status
