"""The checks of this folder are checked: each planted hole is found, and nothing is found where none is."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from tests.support.attacks.crowd import Member, gather
from tests.support.attacks.holes import CODE_HOLES, DATABASE_HOLES, Planted, fallen_into, nothing, noticed
from tests.support.attacks.stage import Stage, set_stage
from tests.support.database import Database, copy_of

CALLS = 60


@pytest.fixture(scope="module")
def stage(template: Database) -> Iterator[Stage]:
    with copy_of(template) as database:
        yield set_stage(database)


@pytest.fixture(scope="module")
def crowd_db(template: Database) -> Iterator[Database]:
    with copy_of(template) as database:
        yield database


@pytest.fixture(scope="module")
def crowd(crowd_db: Database) -> Sequence[Member]:
    return gather(crowd_db, 4)


def fallen(db: Database, crowd: Sequence[Member], planted: Planted) -> list[str]:
    with planted.plant():
        return asyncio.run(fallen_into(db, crowd, planted, calls=CALLS))


@pytest.mark.parametrize("name", DATABASE_HOLES)
def test_a_hole_in_the_database_is_noticed_by_every_check_that_should(stage: Stage, name: str) -> None:
    hole = DATABASE_HOLES[name]
    assert noticed(stage, name) == {*hole.codes, *hole.attacks}
    assert noticed(stage, name, planted=False) == set()


@pytest.mark.parametrize("name", CODE_HOLES)
def test_a_hole_in_the_code_is_fallen_into(crowd_db: Database, crowd: Sequence[Member], name: str) -> None:
    planted = CODE_HOLES[name]
    assert fallen(crowd_db, crowd, planted) != []
    assert fallen(crowd_db, crowd, Planted(nothing, planted.doors, attack=planted.attack)) == []
