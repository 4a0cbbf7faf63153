"""Documents for `benchmarks.graphql_bombs`: each as large as it takes, none looks at our bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _nested(depth: int) -> str:
    return "{ usage { series " + "{ a " * depth + "{ b }" + " }" * depth + " } }"


def _doubling(fragments: int) -> str:
    """2^fragments fields, once written out."""
    each = " ".join(f"fragment f{n} on Metrics {{ ...f{n + 1} ...f{n + 1} }}" for n in range(fragments))
    return f"{{ usage {{ total {{ ...f0 }} }} }} {each} fragment f{fragments} on Metrics {{ events }}"


def _pairs(fragments: int) -> str:
    """Every fragment has to be compared with every other one, and each field of the one with each of the other."""
    fields = " ".join(f"a{n}: events" for n in range(20))
    each = " ".join(f"fragment f{n} on Metrics {{ {fields} }}" for n in range(fragments))
    return "{ usage { total { " + " ".join(f"...f{n}" for n in range(fragments)) + " } } } " + each


BOMBS: Final[Mapping[str, str]] = {
    "depth_50": _nested(50),
    "depth_5000": _nested(5_000),
    "aliases_10000": "{ usage { total { " + " ".join(f"a{n}: events" for n in range(10_000)) + " } } }",
    "aliased_questions_1000": "{ " + " ".join(f"a{n}: usage {{ freshUntil }}" for n in range(1_000)) + " }",
    "duplicates_5000": "{ usage { " + "freshUntil " * 5_000 + " } }",
    "duplicates_600": "{ usage { " + "freshUntil " * 600 + " } }",
    "spreads_2_30": _doubling(30),
    "spreads_2_15": _doubling(15),
    "fragment_pairs_100": _pairs(100),
    "cyclic_fragments": "{ usage { total { ...f } } } fragment f on Metrics { ...g } fragment g on Metrics { ...f }",
    "tokens_1000000": "{ " + "a " * 1_000_000 + "}",
    "tokens_15000": "{ " + "a " * 15_000 + "}",
    "directives_2000": "{ usage { freshUntil " + "@include(if: true) " * 2_000 + "} }",
    "operations_1000": " ".join(f"query q{n} {{ usage {{ freshUntil }} }}" for n in range(1_000)),
    "unused_fragments_1000": "{ usage { freshUntil } } "
    + " ".join(f"fragment f{n} on Usage {{ freshUntil }}" for n in range(1_000)),
    "list_depth_5000": "{ usage(groupBy: " + "[" * 5_000 + "]" * 5_000 + ") { freshUntil } }",
    "text_1000000": '{ usage(tz: "' + "x" * 1_000_000 + '") { freshUntil } }',
    "number_4000": "{ usage(top: " + "9" * 4_000 + ") { freshUntil } }",
    "unknown_fields_1000": "{ usage { " + " ".join(f"frshUntl{n}" for n in range(1_000)) + " } }",
    "introspection_circle": "{ __schema { types { " + "fields { type { " * 6 + "name" + " } }" * 6 + " } } }",
}

HARMLESS: Final = """
    query Board($from: String!) {
      usage(from: $from, interval: HOUR, groupBy: ["model"], top: 10, compare: PREVIOUS) {
        freshUntil coverage { eventShare }
        total { ...numbers } previous { total { ...numbers } }
        series { group { dimension value } other total { ...numbers } points { start values { costUsd events } } }
      }
      users(from: $from) { series { group { value } total { costUsd events } } }
      ledger { total { balanced } }
    }
    fragment numbers on Metrics { costUsd events errorRate totalTokens latencyP95Ms }
"""
