"""What a writer may know of tenants, asked of a real database, and a database that does not answer."""

from collections.abc import Callable

import psycopg
import pytest

from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import TryLater
from analytics_hub.domain.tenant import LATE_HORIZON_DEFAULT, TenantId, TenantLimits
from analytics_hub.storage.connections import connect
from analytics_hub.storage.tenant_rules import PostgresTenantRules
from ingest.deadline import Deadline, cut_off
from tests.support.database import Database

Open = Callable[[float], PostgresTenantRules]


@pytest.fixture
def rules_of(db: Database) -> Open:
    def open_rules(wait_s: float) -> PostgresTenantRules:
        clock = SystemClock()
        return PostgresTenantRules(
            lambda: connect(db.writer_dsn, "test"),
            lambda fileno: cut_off(Deadline.after(clock, wait_s), fileno),
        )

    return open_rules


def test_a_tenant_is_found_by_number_and_by_slug(db: Database, rules_of: Open) -> None:
    number = db.add_tenant("acme")
    endless = db.add_tenant("endless", late_horizon=None)
    rules = rules_of(30)
    acme = TenantLimits(TenantId(number), "acme", LATE_HORIZON_DEFAULT, ())
    assert rules.load(number) == rules.load_by_slug("acme") == acme
    found = rules.load(endless)
    assert found is not None
    assert found.late_horizon is None
    rules.close()


def test_a_tenant_that_does_not_exist_is_none(rules_of: Open) -> None:
    rules = rules_of(30)
    assert rules.load(12_345) is None
    assert rules.load_by_slug("nobody") is None
    rules.close()


def test_a_silent_database_is_try_later_and_the_next_question_has_a_new_connection(
    db: Database, rules_of: Open
) -> None:
    number = db.add_tenant("acme")
    rules = rules_of(0.5)
    with db.connect("hub_owner", autocommit=False) as owner:
        owner.execute("LOCK TABLE hub.tenants IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TryLater, match="database_unavailable"):
            rules.load(number)
    assert rules.load(number) is not None
    rules.close()


def test_a_connection_that_died_is_replaced(db: Database, rules_of: Open) -> None:
    number = db.add_tenant("acme")
    rules = rules_of(30)
    rules.load(number)
    with psycopg.connect(db.admin_dsn, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'test'"
            " AND datname = current_database()"
        )
    with pytest.raises(TryLater, match="database_unavailable"):
        rules.load(number)
    assert rules.load(number) is not None
    rules.close()
