"""GraphQL on a real database: every question gets the answer of REST, of CSV and of Parquet, and no other tenant's.

One tenant with events of three days, part of them closed, some late, some refused; another tenant with the same names.
"""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet  # type: ignore[import-untyped]

from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.user_usage import USER_METRICS
from analytics_hub.storage.closer import close_due
from tests.support.database import Database
from tests.support.graphql import post
from tests.support.graphql_rest import camel, rest_body, usage_document
from tests.support.http import request
from tests.support.ingest import event
from tests.support.reader import HOSTILE, Reader
from tests.support.services import NOW

NAMES = {camel(name): name for name in METRICS}
MODELS = ("gpt-4o", "o3", "no-such-model")
RANGES = st.sampled_from(
    [("2026-11-03", "2026-11-06"), ("2026-11-03T07:10Z", "now"), ("-36h", "now"), ("2026-11-01", "-24h")]
)


def line(number: int, **members: Any) -> bytes:
    given: dict[str, Any] = {
        "user": ("ann", "bob", "")[number % 3],
        "model": MODELS[number % 3],
        "project": f"project-{number % 4}",
        "time": f"2026-11-0{3 + number % 3}T{6 + number % 6:02}:{number % 60:02}:00Z",
        "status": "ok" if number % 5 else "timeout",
    }
    return event(number, **(given | members))


@pytest.fixture
def reader(db: Database) -> Reader:
    ours = Reader(db, "acme", "/v1/usage")
    ours.flush(*(line(number) for number in range(60)), b'{"id": "broken",')
    with db.connect("hub_maint") as connection:
        close_due(connection, NOW)
    ours.flush(*(line(number) for number in range(60, 75)), line(3))
    theirs = Reader(db, "other", "/v1/usage")
    theirs.flush(*(line(number, user="eve") for number in range(100, 120)), b'{"id": "theirs",')
    return ours


def rest(reader: Reader, path: str, params: dict[str, str], accept: str = "application/json") -> Any:
    answer = request(
        reader.app, path, key=reader.key, params=list(params.items()), headers={"Accept": accept}
    )
    assert answer.status == 200, answer.content
    return answer


def asked(reader: Reader, document: str, variables: dict[str, Any] | None = None) -> Any:
    answer = post(reader.app, reader.key, document, variables)
    assert "errors" not in answer.body, answer.body["errors"]
    return answer.body["data"]


def without_moment(body: Any) -> Any:
    """Each answer has a snapshot of its own."""
    return {name: value for name, value in body.items() if name != "fresh_until"}


def test_usage_is_the_usage_of_rest_in_every_format(reader: Reader) -> None:
    @settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
    @given(
        RANGES,
        st.sampled_from(["none", "1h", "1d"]),
        st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]),
        st.lists(st.sampled_from(list(METRICS)), min_size=1, max_size=5, unique=True),
        st.lists(st.sampled_from(["model", "project", "status"]), max_size=2, unique=True),
        st.booleans(),
    )
    def check(
        span: tuple[str, str], interval: str, tz: str, metrics: list[str], group_by: list[str], compare: bool
    ) -> None:
        question = {
            "from": span[0],
            "to": span[1],
            "interval": interval,
            "tz": tz,
            "metrics": ",".join(metrics),
        }
        question |= {"group_by": ",".join(group_by)} if group_by else {}
        question |= {"compare": "previous"} if compare else {}
        found = rest_body(asked(reader, *usage_document(question))["usage"], NAMES)
        assert without_moment(found) == without_moment(rest(reader, "/v1/usage", question).body)
        if interval == "none" and not compare:
            totals = [[series["total"][name] for name in metrics] for series in found["series"]]
            assert _csv(reader, question, metrics) == [[_text(value) for value in row] for row in totals]
            assert _parquet(reader, question, metrics) == [
                [Decimal(value) if isinstance(value, str) else value for value in row] for row in totals
            ]

    check()


def _csv(reader: Reader, question: dict[str, str], metrics: list[str]) -> list[list[str]]:
    content = rest(reader, "/v1/usage", question, "text/csv").content.decode()
    return [[row[name] for name in metrics] for row in csv.DictReader(io.StringIO(content, newline=""))]


def _parquet(reader: Reader, question: dict[str, str], metrics: list[str]) -> list[list[Any]]:
    content = rest(reader, "/v1/usage", question, "application/vnd.apache.parquet").content
    return [[row[name] for name in metrics] for row in parquet.read_table(io.BytesIO(content)).to_pylist()]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def test_users_are_the_users_of_rest(reader: Reader) -> None:
    for question in (
        {"from": "2026-11-03", "to": "2026-11-06", "interval": "1d", "metrics": ",".join(USER_METRICS)},
        {"from": "2026-11-03", "metrics": "events", "top": "1", "order": "events"},
        {"from": "2026-11-04", "metrics": "cost_usd,events", "group_by": "model", "filter.model": "gpt-4o"},
    ):
        found = rest_body(asked(reader, *usage_document(question, "users"))["users"], NAMES)
        assert without_moment(found) == without_moment(rest(reader, "/v1/users", question).body)


EVENT = """
    key time receivedAt source id user session apiKeyId agent region traceId spanId errorType tags { key value }
    dimensions { provider providerAccount model operation serviceTier environment project status }
    tokens { input cacheRead cacheWrite5m cacheWrite1h inputAudio inputImage output outputReasoning outputAudio }
    costLinesUsd { input cacheRead cacheWrite output other }
    totalTokens webSearches latencyMs ttftMs costUsd costStatus priceId
"""
KINDS = {"cacheWrite5m": "cache_write_5m", "cacheWrite1h": "cache_write_1h"}


def test_events_are_the_events_of_rest_page_by_page(reader: Reader) -> None:
    document = (
        'query ($after: String) { events(from: "2026-11-03", first: 20, after: $after, '
        'filters: [{dimension: "model", values: ["gpt-4o", "o3"]}], '
        'fields: [{dimension: "user", values: ["ann", "bob"]}]) '
        f"{{ nodes {{ {EVENT} }} pageInfo {{ hasNextPage endCursor }} searchedFrom keptFrom }} }}"
    )
    params = [("from", "2026-11-03"), ("limit", "20"), ("filter.model", "gpt-4o"), ("filter.model", "o3")]
    params += [("user", "ann"), ("user", "bob")]
    after: str | None = None
    for _ in range(10):
        page = asked(reader, document, {"after": after})["events"]
        cursor = [("cursor", after)] if after else []
        same = request(reader.app, "/v1/events", key=reader.key, params=[*params, *cursor]).body
        found = [
            rest_body(node, KINDS) | {"tags": {one["key"]: one["value"] for one in node["tags"]}}
            for node in page["nodes"]
        ]
        assert found == same["events"]
        assert (page["searchedFrom"], page["keptFrom"]) == (same["searched_from"], same["kept_from"])
        assert page["pageInfo"]["hasNextPage"] is (same["next"] is not None)
        after = same["next"]
        if after is None:
            break
        assert page["pageInfo"]["endCursor"] == after
    assert after is None


def test_the_smaller_questions_have_the_answers_of_rest(reader: Reader) -> None:
    document = """{
        dimensions(from: "2026-11-03", limit: 2) {
          from to levels { level minutes } dimensions { name values { value events } matching complete }
        }
        ledger(from: "2026-11-01", to: "2026-12-01") {
          total { ...count } hours { hour ...hour }
        }
        deadLetters(from: "2026-11-01", to: "2026-12-01") {
          nodes {
            id receivedAt origin position atByte code field message payload payloadEncoding payloadBytes
            payloadTruncated lastReplay { replayedAt outcome code }
          }
        }
      }
      fragment count on LedgerCount { received stored duplicate rejected balanced difference }
      fragment hour on LedgerHour { received stored duplicate rejected balanced difference }
    """
    data = rest_body(asked(reader, document), {})
    month = {"from": "2026-11-01", "to": "2026-12-01"}
    dimensions = rest(reader, "/v1/dimensions", {"from": "2026-11-03", "limit": "2"}).body
    assert data["dimensions"] == without_moment(dimensions)
    assert data["ledger"] == rest(reader, "/v1/ledger", month).body
    letters = rest(reader, "/v1/dead-letters", month).body["dead_letters"]
    assert data["dead_letters"]["nodes"] == letters
    assert [one["payload"] for one in letters] == ['{"id": "broken",']


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_word_is_a_value_and_nothing_else(reader: Reader, hostile: str) -> None:
    document = """query ($word: String!) {
        usage(from: "2026-11-03", filters: [{dimension: "model", values: [$word]}]) { total { events } }
        events(fields: [{dimension: "user", values: [$word]}]) { nodes { id } }
        dimensions(q: $word) { dimensions { matching } }
      }"""
    data = asked(reader, document, {"word": hostile})
    assert (data["usage"]["total"]["events"], data["events"]["nodes"]) == (0, [])
    assert {one["matching"] for one in data["dimensions"]["dimensions"]} == {0}
    for field in ("from", "to", "tz", "order"):
        question = f"query ($word: String!) {{ usage({field}: $word) {{ freshUntil }} }}"
        answer = post(reader.app, reader.key, question, {"word": hostile})
        assert answer.body["data"] == {"usage": None}
        assert answer.body["errors"][0]["extensions"]["field"] == field
    whole = asked(reader, '{ usage(from: "2026-11-03") { total { events } } }')
    assert whole["usage"]["total"]["events"] == 75
