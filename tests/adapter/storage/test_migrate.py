"""Migrations on a real server: once, twice, at once, and against a foreign schema."""

from concurrent.futures import ThreadPoolExecutor

from analytics_hub.storage.migrate import bootstrap, known_migrations, migrate
from tests.support.database import Database


def test_migrating_applies_every_file_in_order(raw_db: Database) -> None:
    assert migrate(raw_db.owner_dsn) == known_migrations()


def test_migrating_twice_applies_nothing(db: Database) -> None:
    assert migrate(db.owner_dsn) == []


def test_bootstrapping_twice_does_nothing(raw_db: Database) -> None:
    assert bootstrap(raw_db.admin_dsn, raw_db.name) is False


def test_of_several_migrations_at_once_one_works(raw_db: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [raw_db.owner_dsn] * 4))
    assert sorted(applied, key=len) == [[], [], [], known_migrations()]
