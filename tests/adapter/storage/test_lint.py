"""The catalog lint: silent on a fresh database, and every hole that is planted is found."""

from collections.abc import Iterator

import pytest

from analytics_hub.storage.lint import RULES, Finding, find_faults
from tests.support.database import Database, copy_of
from tests.support.deltas import add_series, flush_delta, minute

# code, what a careless superuser did, and what the finding names
HOLES = [
    (
        "table_without_view",
        "CREATE TABLE hub.notes (tenant_id int); ALTER TABLE hub.notes OWNER TO hub_owner",
        "hub.notes",
    ),
    (
        "table_without_view",
        "CREATE VIEW hub.peek AS SELECT * FROM hub.usage_1h; ALTER VIEW hub.peek OWNER TO hub_owner",
        "hub.peek",
    ),
    ("view_without_barrier", "ALTER VIEW hub_read.series RESET (security_barrier)", "hub_read.series"),
    ("view_without_barrier", "ALTER VIEW hub_read.series SET (security_invoker = true)", "hub_read.series"),
    (
        "view_without_tenant",
        "CREATE OR REPLACE VIEW hub_read.rollup_day_marks WITH (security_barrier = true) AS "
        "SELECT tenant_id, day FROM hub.rollup_day_marks WHERE tenant_id = (SELECT hub.cur_tenant()) OR day < now()",
        "hub_read.rollup_day_marks",
    ),
    ("rls_missing", "ALTER TABLE hub.tenants DISABLE ROW LEVEL SECURITY", "hub.tenants"),
    ("rls_missing", "ALTER TABLE hub.api_keys NO FORCE ROW LEVEL SECURITY", "hub.api_keys"),
    ("rls_missing", "ALTER TABLE hub.members DISABLE ROW LEVEL SECURITY", "hub.members"),
    ("log_changeable", "ALTER TABLE hub.audit_log DISABLE TRIGGER audit_log_append_only", "hub.audit_log"),
    ("log_changeable", "DROP TRIGGER audit_log_append_only ON hub.audit_log", "hub.audit_log"),
    (
        "log_changeable",
        "DROP TRIGGER audit_log_append_only ON hub.audit_log; CREATE TRIGGER audit_log_append_only "
        "BEFORE UPDATE OR DELETE ON hub.audit_log FOR EACH STATEMENT EXECUTE FUNCTION hub.refuse_change()",
        "hub.audit_log",
    ),
    (
        "definer_search_path",
        "ALTER FUNCTION hub.ensure_day(date[]) RESET search_path",
        "hub.ensure_day(date[])",
    ),
    (
        "definer_search_path",
        "ALTER FUNCTION hub.ensure_day(date[]) SET search_path = pg_catalog",
        "hub.ensure_day(date[])",
    ),
    ("wrong_owner", "ALTER TABLE hub.series OWNER TO postgres", "hub.series of postgres"),
    (
        "wrong_owner",
        "ALTER FUNCTION hub.touch_keys(uuid[]) OWNER TO postgres",
        "hub.touch_keys(uuid[]) of postgres",
    ),
    ("public_right", "GRANT SELECT ON hub.usage_1m TO PUBLIC", "SELECT on hub.usage_1m"),
    (
        "public_right",
        "GRANT EXECUTE ON FUNCTION hub.authenticate(text) TO PUBLIC",
        "EXECUTE on hub.authenticate(text)",
    ),
    ("public_right", "GRANT CREATE ON SCHEMA public TO PUBLIC", "CREATE on schema public"),
    (
        "leaked_right",
        "GRANT SELECT ON hub.usage_events TO hub_reader",
        "hub_reader: SELECT on hub.usage_events",
    ),
    (
        "leaked_right",
        "GRANT SELECT (name) ON hub.tenants TO hub_reader",
        "hub_reader: SELECT on hub.tenants (name)",
    ),
    (
        "leaked_right",
        "GRANT USAGE ON SEQUENCE hub.flush_id_seq TO hub_reader",
        "hub_reader: USAGE on hub.flush_id_seq",
    ),
    (
        "leaked_right",
        "GRANT UPDATE ON hub_read.series TO hub_reader",
        "hub_reader: UPDATE on hub_read.series",
    ),
    (
        "leaked_right",
        "GRANT UPDATE ON hub.audit_log TO hub_maint",
        "hub_maint: UPDATE on hub.audit_log",
    ),
    (
        "leaked_right",
        "GRANT EXECUTE ON FUNCTION hub.member(text, text, text) TO hub_writer",
        "hub_writer: EXECUTE on hub.member(text,text,text)",
    ),
    ("leaked_right", "GRANT DELETE ON hub.usage_1m TO hub_writer", "hub_writer: DELETE on hub.usage_1m"),
    (
        "leaked_right",
        "GRANT SELECT ON hub.usage_events TO hub_writer",
        "hub_writer: SELECT on hub.usage_events",
    ),
    ("leaked_right", "GRANT UPDATE ON hub.usage_1h TO hub_maint", "hub_maint: UPDATE on hub.usage_1h"),
    (
        "leaked_right",
        "GRANT SELECT ON hub.ops_usage_1h TO hub_reader",
        "hub_reader: SELECT on hub.ops_usage_1h",
    ),
    (
        "loose_day",
        "CREATE TABLE hub.usage_1m_20260101 (LIKE hub.usage_1m); ALTER TABLE hub.usage_1m_20260101 OWNER TO hub_owner",
        "hub.usage_1m_20260101",
    ),
]


@pytest.fixture(scope="module")
def one_db(template: Database) -> Iterator[Database]:
    """One database for all holes: each is planted in a transaction that is rolled back."""
    with copy_of(template) as database:
        yield database


def faults(db: Database) -> list[Finding]:
    with db.connect("hub_maint") as conn:
        return find_faults(conn)


def test_a_fresh_database_has_no_findings(db: Database) -> None:
    assert faults(db) == []


@pytest.mark.parametrize(("code", "act", "subject"), HOLES, ids=[f"{hole[0]}-{hole[2]}" for hole in HOLES])
def test_a_planted_hole_is_found(one_db: Database, code: str, act: str, subject: str) -> None:
    with one_db.connect("postgres", autocommit=False) as admin:
        admin.execute(act)
        found = find_faults(admin)
        admin.rollback()
    assert Finding(code, subject) in found


def test_a_day_in_use_is_no_finding(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer:
        add_series(writer, tenant, 1, model="m")
        flush_delta(writer, tenant, minute("2026-03-01 10:07"), 1, events=1)
    assert faults(db) == []


def test_rollup_rows_without_their_series_are_found(db: Database) -> None:
    tenant = db.add_tenant("acme")
    with db.connect("hub_writer") as writer:
        flush_delta(writer, tenant, minute("2026-03-01 10:07"), 1, events=1)
        flush_delta(writer, tenant, minute("2026-03-01 10:07"), 2, events=1)
    assert faults(db) == [Finding("orphan_series", f"tenant_id {tenant}: 2 series")]


def test_a_role_that_grew_too_strong_is_found(db: Database) -> None:
    # Roles belong to the whole server: seen inside a transaction that is rolled back, so no other test meets it.
    with db.connect("postgres", autocommit=False) as admin:
        admin.execute("ALTER ROLE hub_reader BYPASSRLS")
        admin.execute("GRANT hub_owner TO hub_writer")
        found = find_faults(admin)
        admin.rollback()
    assert Finding("strong_role", "hub_reader has BYPASSRLS") in found
    assert Finding("strong_role", "hub_writer is a member of hub_owner") in found


def test_every_rule_is_tested() -> None:
    assert {code for code, _, _ in HOLES} | {"orphan_series", "strong_role"} == set(RULES)
