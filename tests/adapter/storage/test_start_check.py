"""What a serving process learns before its first request."""

import psycopg
import pytest

from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.storage.connections import Timeouts, connect
from analytics_hub.storage.start_check import check_start
from tests.support.database import Database


def test_a_serving_role_on_the_right_schema_may_start(db: Database) -> None:
    check_start(lambda: db.connect("hub_reader"))
    check_start(lambda: db.connect("hub_writer"))


def test_the_owner_may_not_serve(db: Database) -> None:
    with pytest.raises(Broken, match="owns the tables"):
        check_start(lambda: db.connect("hub_owner"))


def test_a_database_that_is_away_is_told_as_passing() -> None:
    def away() -> psycopg.Connection[tuple[object, ...]]:
        return connect("host=127.0.0.1 port=1 dbname=hub", "test", Timeouts(connect_s=2))

    with pytest.raises(TryLater, match="database_unavailable"):
        check_start(away)
