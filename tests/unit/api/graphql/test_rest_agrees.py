"""GraphQL and REST give equal answers to the same question: value by value, the order of groups and points too.

Random usage, random questions: those that the formats of REST are compared with
(`tests/unit/api/test_formats_agree.py`), so what is equal to the JSON of REST is equal to its CSV, NDJSON and Parquet.
"""

from hypothesis import example, given, settings

from analytics_hub.domain.metrics import METRICS
from analytics_hub.query.memory import Delta
from tests.support.api_world import World
from tests.support.graphql import post
from tests.support.graphql_rest import camel, rest_body, usage_document
from tests.unit.api.test_formats_agree import DELTAS, QUESTIONS

NAMES = {camel(name): name for name in METRICS}


@settings(max_examples=60)
@given(DELTAS, QUESTIONS)
@example(
    [], {"from": "2026-10-31", "to": "2026-11-02", "interval": "1h", "tz": "America/New_York", "fill": "true"}
)
@example([], {"from": "-36h", "metrics": "error_rate", "compare": "previous"})
def test_usage_is_the_usage_of_rest(deltas: list[Delta], question: dict[str, str]) -> None:
    world = World()
    for delta in deltas:
        world.usage.add(delta)
    rest = world.get("/v1/usage", world.query_key, question)
    assert rest.status == 200, rest.content
    document, variables = usage_document(question)
    answer = post(world.app, world.query_key, document, variables)
    assert "errors" not in answer.body
    assert rest_body(answer.body["data"]["usage"], NAMES) == rest.body
