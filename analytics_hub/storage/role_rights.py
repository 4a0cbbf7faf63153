"""What each serving role may do, right for right, as the migrations grant it.

In: a role and a right in the words of the `rights` statement of `sql/lint.sql`. Out: whether it should have it. The
catalog lint asks; a new grant in a migration is written down here too.
"""


def _on(rights: str, *tables: str) -> set[str]:
    """`_on("SELECT, DELETE", "a")`: the two rights on hub.a."""
    return {f"{right} on hub.{table}" for right in rights.split(", ") for table in tables}


_MOMENT = "timestamp with time zone"
_DEFINED = {
    "EXECUTE on hub.newest_flush(interval)",
    f"EXECUTE on hub.newest_event_places({_MOMENT},{_MOMENT},uuid,integer,bigint[],{'text[],' * 9}smallint[])",
}
"""What a reader does past the barrier views: functions that test the tenant by themselves."""

_ANSWERS = {
    "EXECUTE on hub.acknowledge_incident(uuid,text,text,timestamp with time zone)",
    "EXECUTE on hub.give_incident_feedback(uuid,text,text,text,timestamp with time zone)",
}
"""What a reader writes: a word about an incident of its transaction's tenant."""

_MEMBER = "EXECUTE on hub.member(text,text,text)"
_READER_RIGHTS = {
    "CONNECT on the database",
    "USAGE on schema hub",
    "USAGE on schema hub_read",
    "EXECUTE on hub.cur_tenant()",
    "EXECUTE on hub.engine()",
    "EXECUTE on hub.applied_migrations()",
    "EXECUTE on hub.authenticate(text)",
    "EXECUTE on hub.touch_keys(uuid[])",
    _MEMBER,
    *_DEFINED,
    *_ANSWERS,
    "USAGE on schema public",  # where TimescaleDB's functions are; given only with it
}
_WRITER_RIGHTS = _READER_RIGHTS - {"USAGE on schema hub_read", _MEMBER, *_DEFINED, *_ANSWERS} | {
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
        for column in ("tenant_id", "slug", "late_horizon", "declared_tags", "series_max", "live_id")
    ),
}
_MAINT_RIGHTS = _READER_RIGHTS - {
    "USAGE on schema hub_read",
    "EXECUTE on hub.authenticate(text)",
    "EXECUTE on hub.touch_keys(uuid[])",
    _MEMBER,
    *_DEFINED,
    *_ANSWERS,
} | {
    "EXECUTE on hub.ensure_day(date[])",
    "EXECUTE on hub.refresh_statistics()",
    "EXECUTE on hub.parts_before(text,timestamp with time zone)",
    "EXECUTE on hub.drop_before(text,timestamp with time zone)",
    "EXECUTE on hub.loose_chunks(bigint)",
    "EXECUTE on hub.compact_chunk(regclass)",
    "USAGE on hub.flush_id_seq",
    *_on("SELECT", "series", "ingest_ledger", "ingest_offsets", "ops_usage_1h", "usage_events"),
    *_on("DELETE", "usage_events"),
    *_on(
        "SELECT, DELETE", "dead_letters", "dead_letter_replays", "dead_letter_volume", "unattributed_messages"
    ),
    *_on("SELECT, INSERT", "ledger_removals"),
    *_on("SELECT, UPDATE", "rollup_retention"),
    *_on("SELECT, INSERT, UPDATE", "usage_user_blocks"),
    *_on("SELECT, INSERT, UPDATE", "tenants", "api_keys", "members"),
    *_on("SELECT, INSERT, UPDATE", "prices", "price_books"),
    *_on("SELECT, INSERT", "audit_log"),
    *_on("SELECT, INSERT, UPDATE, DELETE", "forecasts", "anomalies", "incidents"),
    *_on("SELECT, INSERT, UPDATE, DELETE", "job_runs", "forecast_accuracy"),
    *_on("SELECT, INSERT, DELETE", "usage_1m", "usage_1m_total", "usage_1h", "usage_1h_facet", "usage_1d"),
    *_on("SELECT, INSERT, DELETE", "usage_1d_facet", "usage_user_1d", "usage_user_run", "usage_user_rows"),
    *_on("SELECT, INSERT, DELETE", "usage_user_1h", "usage_user_1h_run", "usage_user_1h_rows"),
    *_on("SELECT, INSERT, DELETE", "rollup_marks", "rollup_day_marks", "rollup_facet_gaps"),
}
_QUEUE_RIGHTS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "USAGE", "EXECUTE"})


def is_allowed(grantee: str, granted: str) -> bool:
    """Whether a serving role should have this right."""
    if grantee == "hub_reader":
        return granted in _READER_RIGHTS or granted.startswith("SELECT on hub_read.")
    if grantee == "hub_writer":
        return granted in _WRITER_RIGHTS
    return granted in _MAINT_RIGHTS or _is_of_the_queue(granted)


def _is_of_the_queue(granted: str) -> bool:
    """All that is in there: it is made of what the library brings."""
    right, _, name = granted.partition(" on ")
    if name == "schema hub_jobs":
        return right == "USAGE"
    return name.startswith("hub_jobs.") and right in _QUEUE_RIGHTS
