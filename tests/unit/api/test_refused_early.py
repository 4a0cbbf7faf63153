"""A bad question is refused by name before anything is asked of the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from analytics_hub.api.services import Services
from analytics_hub.query.ledger import LedgerService
from analytics_hub.query.service import UsageService
from tests.support.api_world import World
from tests.support.http import Answer, request

HOSTILE = "x'; DROP TABLE hub.series; --"
NUL = "a\0b"
LONG = "x" * 15_000  # what a query string may hold
TOO_LONG = "x" * 60_000
SINGLE = ("from", "to", "interval", "tz", "order", "top", "limit", "compare", "fill")
LISTS = ("metrics", "group_by")


class NobodyAsks:
    """A store of which every use is a fault."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"the database was asked: {name}")


class Guarded(World):
    """The world without a database."""

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Services]:
        async with super()._open() as services:
            nobody: Any = NobodyAsks()
            usage = UsageService(nobody, spans_max=500)
            ledger = LedgerService(nobody, range_days_max=3660)
            yield replace(services, usage=usage, ledger=ledger, freshness=nobody)


def ask(path: str, *params: tuple[str, str]) -> Answer:
    world = Guarded()
    return request(world.app, path, key=world.query_key, params=params)


def the_fault(answer: Answer) -> tuple[int, str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status, answer.body["code"], answer.body["field"]


@pytest.mark.parametrize("path", ["/v1/usage", "/v1/ledger"])
def test_a_good_question_would_have_been_asked(path: str) -> None:
    assert the_fault(ask(path)) == (500, "broken", "")


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ([("metrics", "event")], "unknown_metric", "metrics"),
        ([("metrics", "events,events")], "named_twice", "metrics"),
        ([("from", "2016-11-05"), ("to", "2026-11-04"), ("interval", "1m")], "too_many_points", "interval"),
        ([("from", "2000-01-01"), ("to", "2100-01-01")], "range_too_long", "from"),
        ([("from", "1999-12-31")], "out_of_range", "from"),
        ([("to", "2200-01-01")], "out_of_range", "to"),
        ([("from", "-999999999w")], "out_of_range", "from"),
        ([("group_by", "model"), ("top", "10000")], "bad_limit", "top"),
        ([("group_by", "model"), ("limit", "10000")], "bad_limit", "limit"),
        ([("group_by", "model"), ("top", "9" * 400)], "bad_limit", "top"),
        ([("group_by", "model"), ("top", "-1")], "bad_limit", "top"),
        ([("group_by", "provider,model,project,status,operation")], "too_many_dimensions", "group_by"),
        ([("group_by", "tag.")], "unknown_dimension", "group_by"),
        ([("tz", "Europe/Nowhere")], "unknown_zone", "tz"),
        ([("tz", "../../etc/passwd")], "unknown_zone", "tz"),
        ([("tz", "")], "unknown_zone", "tz"),
        ([("from", "2026-11-05"), ("to", "2026-11-01")], "empty_range", "to"),
        ([("filter.model", NUL)], "filter_value", "filter.model"),
        ([("filter.model", LONG)], "filter_value", "filter.model"),
        ([("filter.model", "x")] * 101, "filter_values", "filter.model"),
        ([("filter." + HOSTILE, "x")], "unknown_dimension", "filter"),
        ([("filter.tag." + NUL, "x")], "unknown_dimension", "filter"),
        ([("metric", "events")], "unknown_parameter", "metric"),
        ([(HOSTILE, "x")], "unknown_parameter", HOSTILE),
        ([("format", "csv")], "unknown_parameter", "format"),
        ([("from", TOO_LONG)], "query_too_long", ""),
    ],
)
def test_a_bad_question_about_usage_is_refused_by_name(
    params: list[tuple[str, str]], code: str, field: str
) -> None:
    status, *fault = the_fault(ask("/v1/usage", *params))
    assert fault == [code, field]
    assert status == (414 if code == "query_too_long" else 422)


@pytest.mark.parametrize("text", [HOSTILE, NUL, LONG, "\ud7ff\ufffe", "%", "1; --"])
@pytest.mark.parametrize("name", [*SINGLE, *LISTS])
def test_nonsense_in_any_parameter_is_refused_by_its_name(name: str, text: str) -> None:
    status, _, field = the_fault(ask("/v1/usage", (name, text)))
    assert (status, field) == (422, name)


@pytest.mark.parametrize("name", SINGLE)
def test_a_parameter_that_is_one_is_not_taken_twice(name: str) -> None:
    good = {"top": "1", "limit": "1", "fill": "true"}.get(name, "now")
    assert the_fault(ask("/v1/usage", (name, good), (name, good))) == (422, "given_twice", name)


@pytest.mark.parametrize("text", [HOSTILE, NUL, LONG, "yesterday", ""])
@pytest.mark.parametrize("name", ["from", "to"])
def test_nonsense_about_the_ledger_is_refused_by_name(name: str, text: str) -> None:
    assert the_fault(ask("/v1/ledger", (name, text))) == (422, "bad_moment", name)


def test_the_ledger_takes_no_foreign_parameter() -> None:
    assert the_fault(ask("/v1/ledger", ("tz", "UTC"))) == (422, "unknown_parameter", "tz")
