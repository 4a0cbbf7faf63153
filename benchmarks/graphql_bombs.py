"""GraphQL documents that are meant to hurt: how long until each is refused.

    python -m benchmarks.graphql_bombs [--rounds N] [--plain-s N] [--dry-run]

Prints each, and writes the slowest to `results/graphql.json`. `refused_slowest_ms`: from the text to the refusal, as
`POST /graphql` comes to it, the slowest bomb and round. `plain_slowest_ms`: the same texts through strawberry's own
`Schema.execute` with the same schema and no bounds, up to its resolvers, which fail at once here; a document that it
has not done with after `--plain-s` seconds is killed and counts as that many (`plain_unended`: how many).
`harmless_…` is a question as a dashboard asks it (median): read for the first time, read again, and the parts of our
bounds and of validation.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import statistics
import time
from collections.abc import Callable

from graphql import parse, specified_rules, validate

from analytics_hub.api.graphql.document import Refused, check_document, read_document
from analytics_hub.api.graphql.limits import check_limits
from analytics_hub.api.graphql.schema import SCHEMA, STRAWBERRY
from analytics_hub.domain.errors import HubError
from analytics_hub.settings.graphql import GraphqlSettings
from benchmarks.graphql_documents import BOMBS, HARMLESS
from benchmarks.machine import write_result

ROUNDS, PLAIN_S = 5, 5.0
LIMITS = GraphqlSettings.model_construct()


def refused(document: str) -> None:
    """Raises SystemExit for a bomb that is let through: then there is nothing to measure."""
    try:
        check_document(document, SCHEMA, LIMITS)
    except (HubError, Refused):
        return
    raise SystemExit("a bomb was let through")


def executed(document: str) -> None:
    """Without bounds, without an answer."""
    logging.disable()
    asyncio.run(STRAWBERRY.execute(document))


def slowest_ms(work: Callable[[], object], rounds: int) -> float:
    return max(_ms(work) for _ in range(rounds))


def median_ms(work: Callable[[], object], times: int) -> float:
    return round(statistics.median(_ms(work) for _ in range(times)), 3)


def plain_ms(document: str, seconds: float) -> float | None:
    """None when it has not ended. In a process of its own, because nothing else could stop it."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_send_ms, args=(sender, document))
    process.start()
    found = receiver.recv() if receiver.poll(seconds) else None
    process.kill()
    process.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--plain-s", type=float, default=PLAIN_S)
    parser.add_argument("--dry-run", action="store_true", help="write no result")
    asked = parser.parse_args()
    ours, theirs = [], []
    for name, document in BOMBS.items():
        ours.append(slowest_ms(lambda text=document: refused(text), asked.rounds))  # type: ignore[misc]
        plain = plain_ms(document, asked.plain_s)
        theirs.append(asked.plain_s * 1000 if plain is None else plain)
        print(f"{name:28} {ours[-1]:8.2f} ms   plain {'did not end' if plain is None else f'{plain:.1f} ms'}")
    figures: dict[str, float | int] = {
        "bombs": len(BOMBS),
        "refused_slowest_ms": round(max(ours), 2),
        "plain_slowest_ms": round(max(theirs), 1),
        "plain_unended": sum(ms >= asked.plain_s * 1000 for ms in theirs),
        **harmless(asked.rounds),
    }
    if not asked.dry_run:
        write_result("graphql", "python -m benchmarks.graphql_bombs", figures)


def harmless(rounds: int) -> dict[str, float | int]:
    """Everything before the first question."""
    document, times = parse(HARMLESS), rounds * 10
    return {
        "harmless_first_ms": median_ms(lambda: check_document(HARMLESS, SCHEMA, LIMITS), times),
        "harmless_again_ms": median_ms(lambda: read_document(HARMLESS, SCHEMA, LIMITS), times),
        "harmless_bounds_ms": median_ms(lambda: check_limits(document, LIMITS), times),
        "harmless_validate_ms": median_ms(lambda: validate(SCHEMA, document, specified_rules), times),
    }


def _ms(work: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    work()
    return (time.perf_counter() - started_s) * 1000


def _send_ms(sender: object, document: str) -> None:
    sender.send(_ms(lambda: executed(document)))  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
