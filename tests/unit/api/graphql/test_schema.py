"""What the schema promises: a right for every question, a field for every metric, and the page that shows it."""

import inspect
from pathlib import Path

import strawberry
from graphql import GraphQLEnumType, GraphQLObjectType, print_schema
from strawberry.utils.str_converters import to_camel_case

from analytics_hub.api.graphql.asking import RIGHT
from analytics_hub.api.graphql.schema import SCHEMA
from analytics_hub.domain import access
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.usage import Interval
from analytics_hub.domain.user_usage import USER_METRICS

ROOTS = [root for root in (SCHEMA.query_type, SCHEMA.subscription_type, SCHEMA.mutation_type) if root]


def undeclared(root: GraphQLObjectType) -> set[str]:
    """Fields of the root that do not say who may ask them."""
    return {
        name
        for name, field in root.fields.items()
        if not isinstance(field.extensions["strawberry-definition"].metadata.get(RIGHT), access.Right)
    }


def asking(kind: GraphQLObjectType) -> set[str]:
    """Fields below the root that are more than picked out of what was found."""
    return {
        name
        for name, field in kind.fields.items()
        if field.extensions["strawberry-definition"].base_resolver is not None
    }


def test_every_root_field_says_who_may_ask_it() -> None:
    assert {name for root in ROOTS for name in undeclared(root)} == set()
    assert len(ROOTS[0].fields) >= 7


def test_nothing_below_the_root_asks_anything() -> None:
    kinds = [kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLObjectType)]
    below = [kind for kind in kinds if kind not in ROOTS and not kind.name.startswith("__")]
    assert len(below) > 20
    assert {f"{kind.name}.{name}" for kind in below for name in asking(kind)} == set()


def test_a_planted_field_without_a_right_is_found() -> None:
    @strawberry.type
    class Planted:
        @strawberry.field
        def open(self) -> int:
            return 1

    planted = strawberry.Schema(Planted)._schema.query_type
    assert planted is not None
    assert undeclared(planted) == asking(planted) == {"open"}


def test_every_root_field_may_be_null_so_that_one_fault_spoils_one_answer() -> None:
    assert {name for name, field in ROOTS[0].fields.items() if str(field.type).endswith("!")} == set()


def test_every_metric_is_a_field() -> None:
    for kind, names in (("Metrics", METRICS), ("UserMetrics", USER_METRICS)):
        found = SCHEMA.type_map[kind]
        assert isinstance(found, GraphQLObjectType)
        assert list(found.fields) == [to_camel_case(name) for name in names]


def test_enumerations_are_those_of_the_domain() -> None:
    for kind, members in (("Right", access.Right.__members__), ("Interval", Interval.__members__)):
        found = SCHEMA.type_map[kind]
        assert isinstance(found, GraphQLEnumType)
        assert list(found.values) == list(members)


def test_everything_says_what_it_is() -> None:
    kinds = [kind for kind in SCHEMA.type_map.values() if not kind.name.startswith("__")]
    built_in = {"String", "Int", "Float", "Boolean", "ID"}
    assert {kind.name for kind in kinds if not kind.description and kind.name not in built_in} == set()


def test_the_page_of_the_schema_is_fresh() -> None:
    page = Path(inspect.getfile(access)).parents[2] / "docs/schema.graphql"
    assert page.read_text() == print_schema(SCHEMA) + "\n", "run `make docs`"
