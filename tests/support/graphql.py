"""Requests of GraphQL to an app in this process, and documents that are meant to hurt."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI
from strawberry.utils.str_converters import to_camel_case

from analytics_hub.domain.metrics import METRICS
from tests.support.http import Answer, request

QUESTION = "usage { total { events } }"
METRICS_ALL = " ".join(to_camel_case(name) for name in METRICS)


def post(
    app: FastAPI,
    key: str | None,
    document: object,
    variables: Mapping[str, Any] | None = None,
    *,
    accept: str = "application/json",
    content: bytes | None = None,
    content_type: str = "application/json",
) -> Answer:
    """One request; `content` instead of the document, for those that are no JSON of ours."""
    sent = orjson.dumps({"query": document, "variables": variables}) if content is None else content
    headers = {"Content-Type": content_type, "Accept": accept}
    return request(app, "/graphql", method="POST", key=key, headers=headers, content=sent)


def nested(depth: int) -> str:
    return "{ usage { series " + "{ a " * depth + "{ b }" + " }" * depth + " } }"


def aliases(count: int) -> str:
    return "{ usage { total { " + " ".join(f"a{n}: events" for n in range(count)) + " } } }"


def doubling(fragments: int, end: str = "events") -> str:
    """2^fragments fields, once written out."""
    spreads = " ".join(f"fragment f{n} on Metrics {{ ...f{n + 1} ...f{n + 1} }}" for n in range(fragments))
    return f"{{ usage {{ total {{ ...f0 }} }} }} {spreads} fragment f{fragments} on Metrics {{ {end} }}"


BOMBS: Mapping[str, tuple[object, str]] = {
    "fifty fields within each other": (nested(50), "too_deep"),
    "so deep that the parser would not come back": (nested(10_000), "document_too_large"),
    "brackets of a list": ("{ usage(groupBy: " + "[" * 300 + "]" * 300 + ") { freshUntil } }", "too_deep"),
    "ten thousand aliases": (aliases(10_000), "document_too_large"),
    "aliases within the other bounds": (aliases(61), "too_many_aliases"),
    "aliases by fragments": (
        "{ usage { total { " + "...f " * 9 + "} } } fragment f on Metrics { "
        + " ".join(f"a{n}: events" for n in range(10)) + " }",
        "too_many_aliases",
    ),
    "spreads of spreads": (doubling(30), "too_many_selections"),
    "spreads of spreads of nothing": (doubling(30, "...gone"), "too_many_selections"),
    "a fragment that spreads itself": (
        "{ usage { total { ...f } } } fragment f on Metrics { ...f }",
        "cyclic_fragments",
    ),
    "two fragments of one name": (
        "{ usage { ...f } } fragment f on Usage { freshUntil } fragment f on Usage { levels { level } }",
        "fragment_named_twice",
    ),
    "fragments in a circle that nobody spreads": (
        f"{{ {QUESTION} }} fragment f on Metrics {{ ...g }} fragment g on Metrics {{ ...f }}",
        "cyclic_fragments",
    ),
    "a million tokens": ("{ " + "a " * 1_000_000 + "}", "body_too_large"),
    "a few thousand tokens": ("{ " + "a " * 3_000 + "}", "too_many_tokens"),
    "directives": (
        "{ usage { freshUntil " + "@include(if: true) " * 51 + "} }",
        "too_many_directives",
    ),
    "one field again and again": ("{ usage { " + "freshUntil " * 900 + "} }", "too_many_repeats"),
    "one field again and again by fragments": (
        "{ usage { " + "...f " * 11 + "} } fragment f on Usage { freshUntil }",
        "too_many_repeats",
    ),
    "many questions": ("{ " + " ".join(f"a{n}: usage {{ freshUntil }}" for n in range(9)) + " }", "too_many_roots"),
    "many questions by a fragment": (
        "{ ...f ...g } fragment f on Query { "
        + " ".join(f"a{n}: viewer {{ tenant }}" for n in range(5))
        + " } fragment g on Query { "
        + " ".join(f"b{n}: viewer {{ tenant }}" for n in range(5))
        + " }",
        "too_many_roots",
    ),
    "more points than a request has": (
        "{ "
        + " ".join(
            f"a{n}: usage {{ total {{ {METRICS_ALL} }} series {{ total {{ {METRICS_ALL} }} }} }}"
            for n in range(8)
        )
        + " }",
        "too_many_complexity",
    ),
    "many operations": (" ".join(f"query q{n} {{ {QUESTION} }}" for n in range(51)), "too_many_definitions"),
    "a long text": ('{ usage(tz: "' + "x" * 2_000 + '") { freshUntil } }', "literal_too_long"),
    "a long number": ("{ usage(top: " + "9" * 5_000 + ") { freshUntil } }", "literal_too_long"),
}  # fmt: skip
"""Name → document, and the code that it is refused whole with."""

WRONG: Mapping[str, tuple[str, str]] = {
    "no document": ("{ usage { ", "bad_document"),
    "an empty selection": ("{ }", "bad_document"),
    "a field that is not there": ("{ usage { money } }", "invalid_document"),
    "a fragment that nobody spreads": (
        f"{{ {QUESTION} }} fragment f on Metrics {{ events }}",
        "invalid_document",
    ),
    "a look at the schema that comes back to itself": (
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
        "invalid_document",
    ),
    "a mutation": ("mutation { usage }", "invalid_document"),
    "two operations and no name": (
        f"query a {{ {QUESTION} }} query b {{ {QUESTION} }}",
        "no_such_operation",
    ),
    "a variable that is not there": (
        "query ($top: Int!) { usage(top: $top) { freshUntil } }",
        "bad_variables",
    ),
}
"""Name → document, and the code of its `errors`: GraphQL itself forbids it."""
