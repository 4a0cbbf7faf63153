"""The catalog lint: does the database still keep tenants apart the way the migrations built it?

In: a connection of hub_maint. Out: findings with stable codes, none when all is well. `hub check` shows them, serving
processes refuse to start with them, tests plant a hole for each code. The statements are `sql/lint.sql`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from analytics_hub.storage.statements import statements

_SQL = statements("lint")

PRIVATE_TABLES = ("ingest_offsets", "unattributed_messages")
"""Tables without a view: they belong to no tenant and no reader needs them."""

SHARED_TABLES = ("price_books", "prices", "rollup_retention")
"""Tables whose view shows every tenant the same."""

CONTROL_TABLES = ("tenants", "api_keys")
"""Tables with row-level security, forced on the owner too."""

RULES = {
    "table_without_view": "a table of hub has no view in hub_read and is not listed as private",
    "view_without_barrier": "a view of hub_read lacks security_barrier or reads with its caller's rights",
    "view_without_tenant": "a view of hub_read does not end in the test of the tenant",
    "rls_missing": "a control table has no row-level security, or none that binds its owner",
    "definer_search_path": "a SECURITY DEFINER function can be led to foreign objects by the search path",
    "wrong_owner": "an object belongs to somebody else than hub_owner",
    "strong_role": "a role can do more than its work needs",
    "public_right": "everybody has a right on an object of ours",
    "leaked_right": "hub_reader or hub_writer has a right that it should not have",
    "loose_day": "a day's table exists but is not attached: its rows are invisible",
    "orphan_series": "rollup rows name series that are not in hub.series",
}
"""Every code and what it means."""

_READER_RIGHTS = {
    "CONNECT on the database",
    "USAGE on schema hub",
    "USAGE on schema hub_read",
    "EXECUTE on hub.cur_tenant()",
    "EXECUTE on hub.engine()",
    "EXECUTE on hub.applied_migrations()",
    "EXECUTE on hub.authenticate(text)",
    "USAGE on schema public",  # where TimescaleDB's functions are; given only with it
}
_WRITER_RIGHTS = _READER_RIGHTS - {"USAGE on schema hub_read"} | {
    "TEMPORARY on the database",
    "EXECUTE on hub.ensure_day(date[])",
    "USAGE on hub.flush_id_seq",
    "INSERT on hub.usage_events",
    *(f"SELECT on hub.usage_events ({column})" for column in ("tenant_id", "ts", "event_key")),
    "INSERT on hub.series",
    "SELECT on hub.series",
    "INSERT on hub.usage_1m",
    "INSERT on hub.rollup_marks",
    "INSERT on hub.ingest_ledger",
    "INSERT on hub.dead_letters",
    "INSERT on hub.dead_letter_replays",
    *(f"{right} on hub.dead_letter_volume" for right in ("SELECT", "INSERT", "UPDATE")),
    *(f"{right} on hub.ingest_offsets" for right in ("SELECT", "INSERT", "UPDATE")),
    "INSERT on hub.unattributed_messages",
    *(f"SELECT on hub.unattributed_messages ({column})" for column in ("partition_key", "message_offset")),
    "SELECT on hub.prices",
    "SELECT on hub.price_books",
    *(
        f"SELECT on hub.tenants ({column})"
        for column in ("tenant_id", "slug", "late_horizon", "declared_tags", "series_max")
    ),
}


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
        elif not _allowed(grantee, granted):
            yield Finding("leaked_right", f"{grantee}: {granted}")


def _allowed(grantee: str, granted: str) -> bool:
    if grantee == "hub_reader":
        return granted in _READER_RIGHTS or granted.startswith("SELECT on hub_read.")
    return granted in _WRITER_RIGHTS
