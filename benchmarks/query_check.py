"""Whether an answer is right: every count, token and pico-USD as DuckDB adds them up, quantiles within 2 %.

In: an `Ask`, the body of its answer, the peer. Out: nothing, or the end of the benchmark with what differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from analytics_hub.domain.money import pico_from_usd
from benchmarks.query_duckdb import Peer
from benchmarks.query_questions import Ask

_WITHIN = 0.0201
"""2 %, and what rounding to microseconds adds."""
_GROUP_MIN = 1000
"""Below it the ranks next to a quantile lie too far apart to be compared by share."""


def check(ask: Ask, body: bytes, peer: Peer) -> None:
    """Ends the benchmark when the answer is not what the events say."""
    answer = orjson.loads(body)
    if ask.kind == "q4":
        faults = list(_quantile_faults(ask, answer, peer))
    else:
        ours, theirs = _ours(ask, answer), _theirs(ask, peer)
        faults = [f"{key}: {ours.get(key)} is not {theirs.get(key)}" for key in _different(ours, theirs)]
    if faults:
        raise SystemExit(
            f"{ask.path} of tenant {ask.tenant}: {len(faults)} values differ, such as {faults[0]}"
        )


def _different(ours: dict[Any, Any], theirs: dict[Any, Any]) -> list[Any]:
    return [key for key in ours | theirs if ours.get(key) != theirs.get(key)]


def _ours(ask: Ask, answer: Any) -> dict[Any, Any]:
    if ask.kind == "q6":
        return dict(enumerate(sorted(_event(event) for event in answer["events"])))
    if ask.kind == "q7":
        return {_group(series): _sums(series["total"]) for series in answer["series"]}
    return {
        (datetime.fromisoformat(point["start"]), _group(series)): _sums(point["values"])
        for series in answer["series"]
        for point in series["points"]
        if point["values"]["events"]
    }


def _theirs(ask: Ask, peer: Peer) -> dict[Any, Any]:
    rows = peer.rows(ask, "q7_check" if ask.kind == "q7" else "")
    if ask.kind == "q6":
        return dict(enumerate(sorted((ts.replace(tzinfo=UTC), tokens, cost) for ts, tokens, cost in rows)))
    if ask.kind == "q7":
        return {user: tuple(sums) for user, *sums in rows}
    return {(bucket_of(start), group): tuple(sums) for start, group, *sums in rows}


def bucket_of(start: Any) -> datetime:
    """DuckDB gives a date for a day."""
    moment = start if isinstance(start, datetime) else datetime(start.year, start.month, start.day)  # noqa: DTZ001
    return moment.replace(tzinfo=UTC)


def _group(series: Any) -> str | None:
    return None if series["other"] else next(iter(series["group"].values()), "")


def _sums(values: Any) -> tuple[int, int, int]:
    return values["events"], values["total_tokens"], pico_from_usd(values["cost_usd"])


def _event(event: Any) -> tuple[datetime, int, int]:
    return datetime.fromisoformat(event["time"]), event["total_tokens"], pico_from_usd(event["cost_usd"])


def _quantile_faults(ask: Ask, answer: Any, peer: Peer) -> Iterator[str]:
    exact = {model: (count, low, high) for model, count, low, high in peer.rows(ask, "q4_check")}
    for series in answer["series"]:
        model, values = series["group"]["model"], series["total"]
        count, low, high = exact.pop(model, (0, [], []))
        if values["events"] != count:
            yield f"{model}: {values['events']} events are not {count}"
        elif count >= _GROUP_MIN:
            for name, least, most in zip(("p50", "p95", "p99"), low, high, strict=True):
                found_us = values[f"latency_{name}_ms"] * 1000
                if not least * (1 - _WITHIN) <= found_us <= most * (1 + _WITHIN):
                    yield f"{model}: {name} of {found_us} µs is not within 2 % of {least} to {most}"
    yield from (f"{model} is missing" for model in exact)
