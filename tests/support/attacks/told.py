"""What an answer of the API says, whatever its format, and what is wrong with it.

In: a `Reply`. Out: its rows; checks, which give what is wrong, '' when nothing is.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from tests.support.attacks.asgi import PARQUET, Reply

Check = Callable[[Reply], str]
"""What is wrong with the answer; '' when nothing is."""


def rows_of(reply: Reply, member: str) -> list[dict[str, Any]]:
    """The rows of an answer, whatever its format; of JSON, the list under this name."""
    kind = reply.headers["content-type"].partition(";")[0]
    if kind == PARQUET:
        rows: list[dict[str, Any]] = pq.read_table(pa.BufferReader(reply.content)).to_pylist()
        return rows
    if kind == "text/csv":
        return list(csv.DictReader(io.StringIO(reply.content.decode())))
    if kind == "application/x-ndjson":
        return [orjson.loads(line) for line in reply.content.splitlines()]
    found: list[dict[str, Any]] = orjson.loads(reply.content)[member]
    return found


def sums_of(wanted: Mapping[str, int]) -> Check:
    """The sums over all rows, or the total of the body, are these."""

    def check(reply: Reply) -> str:
        if reply.headers["content-type"] == "application/json":
            total = orjson.loads(reply.content)["total"]
            return differ({name: total[name] for name in wanted}, dict(wanted))
        found = rows_of(reply, "")
        return differ({name: sum(int(row[name]) for row in found) for name in wanted}, dict(wanted))

    return check


def groups_of(wanted: Mapping[str, int], dimension: str, metric: str) -> Check:
    """Of JSON: the groups, and what each sums up to."""

    def check(reply: Reply) -> str:
        if reply.headers["content-type"] != "application/json":
            return ""
        found: dict[str, int] = {}
        for series in orjson.loads(reply.content)["series"]:
            value = series["group"][dimension]
            found[value] = found.get(value, 0) + series["total"][metric]
        return differ(found, dict(wanted))

    return check


def both(*checks: Check) -> Check:
    return lambda reply: next(filter(None, (check(reply) for check in checks)), "")


def snapshot(reply: Reply, before: bytes) -> dict[str, Any]:
    line = next(line for line in reply.content.splitlines() if line.startswith(before))
    body: dict[str, Any] = orjson.loads(line.removeprefix(before))
    return body


def sums_in(reply: Reply, sums: Mapping[str, int]) -> bool:
    return all(
        f'"{name}":{sum_}'.encode() in reply.content
        for name, sum_ in zip(("events", "inputTokens", "errors"), sums.values(), strict=True)
    )


def nothing(_: Reply) -> str:
    return ""


def differ(found: object, wanted: object) -> str:
    return "" if found == wanted else f"{found!r} instead of {wanted!r}"


def camel(total: Mapping[str, int]) -> dict[str, int]:
    return {"events": total["events"], "input_tokens": total["inputTokens"], "errors": total["errors"]}


def not_now(errors: Sequence[Mapping[str, Any]]) -> str:
    codes = {error.get("extensions", {}).get("code") for error in errors}
    return "" if codes <= NOT_NOW_CODES else f"errors {errors!r}"


NOT_NOW_CODES: Final = {"database_unavailable", "query_too_slow", "busy", "too_slow", "too_many_questions"}
"""What a tenant is told whose connection is cut or whose statement is cancelled."""
