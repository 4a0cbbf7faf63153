"""The catalog lint: does the database still keep tenants apart the way the migrations built it?

In: a connection of hub_maint. Out: findings with stable codes, none when all is well. `hub check` shows them, serving
processes refuse to start with them, tests plant a hole for each code. The statements are `sql/lint.sql`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from analytics_hub.storage.role_rights import is_allowed
from analytics_hub.storage.statements import statements

_SQL = statements("lint")

PRIVATE_TABLES = ("ingest_offsets", "ops_usage_1h", "unattributed_messages", "usage_user_blocks")
"""Tables, and views of hub itself, that no reader needs: they belong to no tenant, or are the operator's."""

SHARED_TABLES = ("price_books", "prices", "rollup_retention")
"""Tables whose view shows every tenant the same."""

CONTROL_TABLES = (
    "tenants", "api_keys", "members", "audit_log", "forecasts", "anomalies", "incidents", "job_runs",
    "forecast_accuracy",
)  # fmt: skip
"""Tables with row-level security, forced on the owner too."""

AUTH_FUNCTIONS = ("hub.authenticate(text)", "hub.member(text,text,text)", "hub.touch_keys(uuid[])")
"""What hub_auth owns: functions that look past the tenant of the setting, because they are asked who it is."""

RULES = {
    "table_without_view": "a table of hub has no view in hub_read and is not listed as private",
    "view_without_barrier": "a view of hub_read lacks security_barrier or reads with its caller's rights",
    "view_without_tenant": "a view of hub_read does not end in the test of the tenant",
    "rls_missing": "a control table has no row-level security, or none that binds its owner",
    "log_changeable": "lines of the audit log can be changed: the trigger that refuses it is absent or off",
    "definer_search_path": "a SECURITY DEFINER function can be led to foreign objects by the search path",
    "wrong_owner": "an object belongs to somebody else than hub_owner",
    "strong_role": "a role can do more than its work needs",
    "public_right": "everybody has a right on an object of ours",
    "leaked_right": "hub_reader, hub_writer or hub_maint has a right that it should not have",
    "loose_day": "a day's table exists but is not attached: its rows are invisible",
    "orphan_series": "rollup rows name series that are not in hub.series",
}
"""Every code and what it means."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One broken rule: a code of RULES and the object that breaks it."""

    code: str
    subject: str

    def __str__(self) -> str:
        return f"{self.code}: {self.subject} ({RULES[self.code]})"


def find_faults(conn: psycopg.Connection[Any], *, rows: bool = True) -> list[Finding]:
    """Every finding, sorted. `rows=False` leaves out what reads the tables themselves, for a quick look at start."""
    args = {
        "private_tables": list(PRIVATE_TABLES),
        "shared_tables": list(SHARED_TABLES),
        "control_tables": list(CONTROL_TABLES),
        "auth_functions": list(AUTH_FUNCTIONS),
    }
    skipped = {"rights"} | (set() if rows else {"orphan_series"})
    findings = [
        Finding(code, subject)
        for code, statement in _SQL.items()
        if code not in skipped
        for (subject,) in conn.execute(statement, args)
    ]
    return sorted([*findings, *_rights(conn)])


def _rights(conn: psycopg.Connection[Any]) -> Iterator[Finding]:
    for grantee, granted in conn.execute(_SQL["rights"]):
        if grantee == "PUBLIC":
            yield Finding("public_right", granted)
        elif not is_allowed(grantee, granted):
            yield Finding("leaked_right", f"{grantee}: {granted}")
