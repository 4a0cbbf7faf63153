"""Fifty tenants ask at random through every door, on two connections and in disorder: none is shown another's."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from fastapi import FastAPI

from analytics_hub.api.app import create_app
from analytics_hub.settings import ApiSettings
from tests.support.attacks.crowd import TENANTS, Member, gather
from tests.support.attacks.doors import DOORS
from tests.support.attacks.walk import Tally, walk
from tests.support.database import Database, copy_of
from tests.support.services import open_services

CALLS = 2_000
_ID = re.compile(r"/(\d+|[0-9a-f]{8}-[0-9a-f-]{27})(?=/|$)")
SEED = 20_261_121
NOT_ASKED = {
    "/docs",
    "/healthz",
    "/metrics",
    "/openapi.json",
    "/readyz",
    "/v1/sign-in",
    "/v1/dead-letters/replay",
}
"""Nothing of a tenant is in them; replays are attacked in test_requests.py."""


@pytest.fixture(scope="module")
def crowd_db(template: Database) -> Iterator[Database]:
    with copy_of(template) as database:
        yield database


@pytest.fixture(scope="module")
def crowd(crowd_db: Database) -> Sequence[Member]:
    return gather(crowd_db)


def app_on(db: Database) -> FastAPI:
    return create_app(lambda: open_services(db.reader_dsn), ApiSettings())


def walked(db: Database, crowd: Sequence[Member]) -> Tally:
    app = app_on(db)

    async def main() -> Tally:
        async with app.router.lifespan_context(app):
            return await walk(app, db, crowd, calls=CALLS, seed=SEED)

    return asyncio.run(main())


def test_no_tenant_is_shown_another_and_every_sum_is_its_own(
    crowd_db: Database, crowd: Sequence[Member]
) -> None:
    tally = walked(crowd_db, crowd)
    assert tally.faults == [], f"seed {SEED}"
    assert (tally.calls >= CALLS, tally.foreign_rows, len(crowd)) == (True, 0, TENANTS)
    # It was no quiet walk, and yet most calls were answered and compared, through every door.
    assert tally.verified > CALLS * 0.7, tally.became
    assert tally.became["pg_terminate_backend"] > 0
    assert tally.became["left"] > 0
    assert set(tally.by_door) == set(DOORS)


def test_every_path_of_the_api_is_a_door(crowd_db: Database, crowd: Sequence[Member]) -> None:
    draw = Random(SEED)
    asked = {DOORS[name](draw, crowd[0], crowd[1:]).ask.path for name in DOORS for _ in range(20)}
    asked = {_ID.sub("/{id}", path) for path in asked}
    documented = set(app_on(crowd_db).openapi()["paths"])
    assert documented - asked - NOT_ASKED == set()
