"""Isolation: does any of fifty tenants ever see another's rows? The long version of `tests/service/isolation`.

    python -m benchmarks.isolation [--calls 100000] [--seed 1]

Writes `results/isolation.json`. Random questions through every door, in disorder, on two reader connections; then every
named attack on the database, over HTTP and with forged tokens; then every planted hole, which they must find.
On a plain server of its own, or on the one that HUB_BENCH_DSN names (a superuser's address). Exits with 1 when a tenant
was shown what is not its own, an attack was let through, or a hole was not found.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from analytics_hub.api.app import create_app
from analytics_hub.settings import ApiSettings
from benchmarks.load import server
from benchmarks.machine import write_result
from tests.support.attacks.acts import acts_on, refusals, table_reads
from tests.support.attacks.credentials import CREDENTIALS
from tests.support.attacks.crowd import TENANTS, Member, gather
from tests.support.attacks.holes import CODE_HOLES, DATABASE_HOLES, fallen_into, noticed
from tests.support.attacks.looks import LOOKS
from tests.support.attacks.requests import REQUESTS, Target
from tests.support.attacks.stage import DENIED, Stage, set_stage
from tests.support.attacks.switches import SWITCHES
from tests.support.attacks.walk import Tally, walk
from tests.support.database import Database, copy_of, drop, make_template, make_timescale_template
from tests.support.jwt_attacks import JWT_ATTACKS
from tests.support.oidc import TokenWorld
from tests.support.services import open_services

HOLE_CALLS = 200
Outcome = dict[str, bool]
"""By name: whether the attack was refused, or the hole found."""


@contextmanager
def template() -> Iterator[Database]:
    """An empty, migrated database to be copied."""
    address = os.environ.get("HUB_BENCH_DSN")
    if address is None:
        with server() as running:
            yield make_template(running.admin_dsn())
        return
    made = make_timescale_template(address)
    try:
        yield made
    finally:
        drop(address, made.name)


def walked(db: Database, crowd: Sequence[Member], calls: int, seed: int) -> Tally:
    """The random calls, with a line of progress now and then."""
    app = create_app(lambda: open_services(db.reader_dsn), ApiSettings())
    began_s, said = time.monotonic(), 0

    def tell(tally: Tally) -> None:
        nonlocal said
        if tally.calls >= said + max(1, calls // 20):
            said = tally.calls
            print(
                f"{time.monotonic() - began_s:6.0f} s  {tally.calls} calls, {tally.verified} compared",
                flush=True,
            )

    async def main() -> Tally:
        async with app.router.lifespan_context(app):
            return await walk(app, db, crowd, calls=calls, seed=seed, told=tell)

    return asyncio.run(main())


def attacks_on_database(stage: Stage) -> Outcome:
    """As hub_reader, with SQL of its own."""
    refused: Outcome = {}
    with stage.session() as session:
        refused |= {name: code == DENIED for name, code in refusals(session, acts_on(stage))}
        reads = [code for _, code in refusals(session, table_reads(stage.tables()))]
        refused["read_every_table"] = all(reads) and not session.saw_the_victim()
    for name, attempt in {**LOOKS, **SWITCHES}.items():
        with stage.session() as session:
            attempt(session, stage)
            refused[name] = not session.saw_the_victim()
    return refused


async def attacks_over_http(db: Database, crowd: Sequence[Member]) -> Outcome:
    app = create_app(lambda: open_services(db.reader_dsn), ApiSettings())
    async with app.router.lifespan_context(app):
        target = Target(app, crowd[0], crowd[1])
        return {name: await attack(target) == "" for name, attack in {**REQUESTS, **CREDENTIALS}.items()}


def attacks_with_tokens() -> Outcome:
    refused: Outcome = {}
    for name, forge in JWT_ATTACKS.items():
        world = TokenWorld()
        refused[name] = world.refusal(forge(world.issuer)) is not None
    return refused


def holes(stage: Stage, db: Database, crowd: Sequence[Member]) -> Outcome:
    """Planted one after the other; a check that cries without a hole does not count."""
    found: Outcome = {}
    for name, hole in DATABASE_HOLES.items():
        wanted = {*hole.codes, *hole.attacks}
        found[name] = noticed(stage, name) == wanted and not noticed(stage, name, planted=False)
    for name, planted in CODE_HOLES.items():
        with planted.plant():
            found[name] = bool(asyncio.run(fallen_into(db, crowd, planted, calls=HOLE_CALLS)))
    return found


def measure(calls: int, seed: int) -> tuple[dict[str, float | int], list[str]]:
    began_s = time.monotonic()
    with template() as empty, copy_of(empty) as db, copy_of(empty) as other:
        stage, crowd = set_stage(other), gather(db)
        tally = walked(db, crowd, calls, seed)
        doors = {
            "database": attacks_on_database(stage),
            "http": asyncio.run(attacks_over_http(db, crowd)),
            "token": attacks_with_tokens(),
        }
        found = holes(stage, db, crowd[:4])
    refused = {f"{door}: {name}": held for door, names in doors.items() for name, held in names.items()}
    wrong = [*tally.faults, *_missing("attack let through", refused), *_missing("hole not found", found)]
    return {
        "calls": tally.calls,
        "calls_compared": tally.verified,
        "calls_left_by_the_client": tally.became["left"],
        "sessions_ended": tally.became["pg_terminate_backend"],
        "statements_cancelled": tally.became["pg_cancel_backend"],
        "tenants": TENANTS,
        "foreign_rows": tally.foreign_rows,
        "wrong_answers": len(tally.faults) - tally.foreign_rows,
        "attacks": len(refused),
        **{f"attacks_{door}": len(names) for door, names in doors.items()},
        "attacks_refused": sum(refused.values()),
        "holes_planted": len(found),
        "holes_found": sum(found.values()),
        "seconds": round(time.monotonic() - began_s),
    }, wrong


def _missing(what: str, outcome: Outcome) -> list[str]:
    return [f"{what}: {name}" for name, good in outcome.items() if not good]


def main() -> None:
    """Walk, attack, plant, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dry-run", action="store_true", help="measure and write nothing")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    figures, wrong = measure(args.calls, args.seed)
    for name, value in figures.items():
        print(f"{name:28} {value}")
    if not args.dry_run:
        command = f"python -m benchmarks.isolation --calls {args.calls} --seed {args.seed}"
        print(f"written to {write_result('isolation', command, figures)}")
    if wrong:
        raise SystemExit("\n".join(("not isolated:", *wrong)))


if __name__ == "__main__":
    main()
