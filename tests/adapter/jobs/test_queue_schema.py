"""The tables of the job queue: made once, by one of several, with rights for hub_maint alone."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from analytics_hub.domain.errors import Broken, Conflict
from analytics_hub.jobs.queue_texts import schema_changes, whole_schema
from analytics_hub.storage.lint import find_faults
from analytics_hub.storage.queue_schema import QueueTexts, check_queue, ensure_queue
from tests.support.database import Database

TEXTS = QueueTexts(whole_schema(), schema_changes())


def test_the_queue_is_made_once(db: Database) -> None:
    assert ensure_queue(db.owner_dsn, TEXTS) == sorted(TEXTS.changes)
    assert ensure_queue(db.owner_dsn, TEXTS) == []


def test_of_several_at_once_one_makes_it(db: Database) -> None:
    with ThreadPoolExecutor(3) as pool:
        applied = list(pool.map(lambda _: ensure_queue(db.owner_dsn, TEXTS), range(3)))
    assert sorted(map(len, applied)) == [0, 0, len(TEXTS.changes)]


def test_the_walls_stand_with_it(db: Database) -> None:
    ensure_queue(db.owner_dsn, TEXTS)
    with db.connect("hub_maint") as maint:
        assert find_faults(maint) == []


def test_only_maintenance_sees_it(db: Database) -> None:
    ensure_queue(db.owner_dsn, TEXTS)
    with db.connect("hub_maint") as maint:
        assert maint.execute("SELECT count(*) FROM hub_jobs.procrastinate_jobs").fetchone() == (0,)
    for role in ("hub_reader", "hub_writer"):
        with db.connect(role) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT count(*) FROM hub_jobs.procrastinate_jobs")


def test_a_later_library_brings_its_changes_alone(db: Database) -> None:
    ensure_queue(db.owner_dsn, TEXTS)
    later = QueueTexts("never", {**TEXTS.changes, "99.0_more": "CREATE TABLE more (a int)"})
    with db.connect("hub_maint") as maint:
        with pytest.raises(Conflict, match="queue_older"):
            check_queue(maint, later)
        assert ensure_queue(db.owner_dsn, later) == ["99.0_more"]
        check_queue(maint, later)
        assert maint.execute("SELECT to_regclass('hub_jobs.more') IS NULL").fetchone() == (False,)


def test_a_change_that_fails_leaves_the_queue_as_it_was(db: Database) -> None:
    ensure_queue(db.owner_dsn, TEXTS)
    later = QueueTexts("never", {**TEXTS.changes, "99.0_more": "CREATE TABLE more (a int); SELECT 1 / 0"})
    with pytest.raises(Broken, match="division by zero"):
        ensure_queue(db.owner_dsn, later)
    with db.connect("hub_maint") as maint:
        assert maint.execute("SELECT to_regclass('hub_jobs.more') IS NULL").fetchone() == (True,)
