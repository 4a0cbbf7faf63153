"""The question of a REST address as a document, and the answer to it as REST's body: written against the documentation,
so that it knows nothing of the code that answers.

In: query parameters. Out: document and variables; and from an answer back the body that REST would have given.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from analytics_hub.domain.metrics import METRICS_DEFAULT

WIDTHS: Final = {"none": "NONE", "1h": "HOUR", "1d": "DAY", "1w": "WEEK", "1mo": "MONTH"}
_COVERAGE: Final = "events unpricedEvents partialEvents estimatedEvents eventShare"
_QUESTION: Final = (
    "query { from to interval tz metrics groupBy filters { dimension values } order limit compare fill }"
)


def camel(name: str) -> str:
    """`latency_p95_ms` is `latencyP95Ms`."""
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def snake(name: str, known: Mapping[str, str]) -> str:
    return known.get(name) or re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def usage_document(params: Mapping[str, str], root: str = "usage") -> tuple[str, dict[str, Any]]:
    """`root`: usage or users; both take the same."""
    metrics = " ".join(map(camel, params.get("metrics", ",".join(METRICS_DEFAULT)).split(",")))
    variables: dict[str, Any] = {
        "from": params.get("from", "-24h"),
        "to": params.get("to", "now"),
        "interval": WIDTHS[params.get("interval", "none")],
        "tz": params.get("tz", "UTC"),
        "groupBy": [name for name in params.get("group_by", "").split(",") if name],
        "filters": [
            {"dimension": name.removeprefix("filter."), "values": [value]}
            for name, value in params.items()
            if name.startswith("filter.")
        ],
        "order": params.get("order", "-cost_usd" if root == "users" else None),
        "top": int(params["top"]) if "top" in params else None,
    }
    kinds = {
        **dict.fromkeys(("from", "to", "tz"), "String!"),
        "interval": "Interval!",
        "groupBy": "[String!]!",
        "filters": "[FilterInput!]!",
        "order": "String!" if root == "users" else "String",
        "top": "Int",
    }
    series = (
        f"group {{ dimension value }} other total {{ {metrics} }} points {{ start values {{ {metrics} }} }}"
    )
    coverage = _COVERAGE
    whole = "users"
    if root == "usage":
        variables |= {
            "compare": params.get("compare", "").upper() or None,
            "fill": params.get("fill") == "true",
        }
        kinds |= {"compare": "Comparison", "fill": "Boolean!"}
        coverage += " tokens unpricedTokens tokenShare"
        previous = f"previous {{ total {{ {metrics} }} points {{ start values {{ {metrics} }} }} }}"
        series += f" {previous}"
        whole = f"previous {{ from to total {{ {metrics} }} coverage {{ {coverage} }} }}"
    head = ", ".join(f"${name}: {kind}" for name, kind in kinds.items())
    given = ", ".join(f"{name}: ${name}" for name in kinds)
    document = (
        f"query ({head}) {{ {root}({given}) {{ {_QUESTION} freshUntil levels {{ level minutes }} "
        f"coverage {{ {coverage} }} total {{ {metrics} }} series {{ {series} }} {whole} }} }}"
    )
    return document, variables


def rest_body(found: Any, names: Mapping[str, str]) -> Any:
    """The same in REST's spelling: names with underscores, mappings instead of pairs. `names`: of metrics, by camel."""
    if isinstance(found, list):
        return [rest_body(one, names) for one in found]
    if not isinstance(found, Mapping):
        return found
    body = {snake(name, names): rest_body(value, names) for name, value in found.items()}
    if "group" in body:
        body["group"] = {one["dimension"]: one["value"] for one in body["group"]}
    if "filters" in body:
        body["filters"] = {one["dimension"]: one["values"] for one in body["filters"]}
    return body
