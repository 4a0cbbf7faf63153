"""Acts that a reader must have no right to: each is one statement, to be refused with 42501 (insufficient privilege).

In: a `Session`. Out: `ACTS`, statements by name; `refusals`, the SQLSTATE of each. What cannot stand inside a
transaction is in `LONE_ACTS`, and is never run as a superuser: it could not be taken back.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from tests.support.attacks.stage import Session, Stage

_PLPGSQL: Final = "LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$"

ACTS: Final[dict[str, str]] = {
    # Make things of one's own: a function below the barrier, an object that shadows another.
    "create_function_beside_the_views": f"CREATE FUNCTION hub_read.f(text) RETURNS int {_PLPGSQL}",
    "create_function_in_public": f"CREATE FUNCTION public.f(text) RETURNS int {_PLPGSQL}",
    "create_function_in_the_catalog": f"CREATE FUNCTION pg_catalog.f(text) RETURNS int {_PLPGSQL}",
    "create_temporary_function": f"CREATE FUNCTION pg_temp.f(text) RETURNS int {_PLPGSQL}",
    "create_cheap_leakproof_function": (
        "CREATE FUNCTION hub_read.f(text) RETURNS bool LANGUAGE sql COST 0.0001 LEAKPROOF AS 'SELECT true'"
    ),
    "create_operator": "CREATE OPERATOR hub_read.=== (PROCEDURE = textne, LEFTARG = text, RIGHTARG = text)",
    "create_aggregate": "CREATE AGGREGATE hub_read.seen(text) (SFUNC = textcat, STYPE = text)",
    "create_cast": "CREATE CAST (hub_read.series AS text) WITH INOUT",
    "create_temporary_table": "CREATE TEMP TABLE series (tenant_id int)",
    "create_temporary_view": "CREATE TEMP VIEW series AS SELECT 1",
    "create_table_beside_the_views": "CREATE TABLE hub_read.mine (a int)",
    "create_view_beside_the_views": "CREATE VIEW hub_read.mine AS SELECT * FROM hub_read.series",
    "create_schema": "CREATE SCHEMA hub_reader",
    "create_domain": "CREATE DOMAIN hub_read.word AS text",
    "create_materialised_copy": "CREATE MATERIALIZED VIEW hub_read.mine AS SELECT * FROM hub_read.series",
    "select_into_a_table": "SELECT * INTO hub_read.mine FROM hub_read.series",
    "create_extension_dblink": "CREATE EXTENSION dblink SCHEMA hub_read",
    "create_extension_pageinspect": "CREATE EXTENSION pageinspect SCHEMA hub_read",
    "create_foreign_data_wrapper": "CREATE FOREIGN DATA WRAPPER mine",
    "create_event_trigger": "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION hub.cur_tenant()",
    "create_publication": "CREATE PUBLICATION mine FOR ALL TABLES",
    "create_statistics_on_a_base_table": "CREATE STATISTICS hub_read.mine ON user_id, agent FROM hub.usage_events",
    "create_trigger_on_a_base_table": (
        "CREATE TRIGGER mine BEFORE INSERT ON hub.series FOR EACH ROW EXECUTE FUNCTION hub.cur_tenant()"
    ),
    "create_rule_on_a_view": "CREATE RULE mine AS ON INSERT TO hub_read.series DO INSTEAD NOTHING",
    "create_policy": "CREATE POLICY mine ON hub.tenants TO hub_reader USING (true)",
    "create_role": "CREATE ROLE mine SUPERUSER",
    # Take the wall down.
    "drop_a_view": "DROP VIEW hub_read.series",
    "take_the_barrier_off": "ALTER VIEW hub_read.series RESET (security_barrier)",
    "turn_row_security_off": "ALTER TABLE hub.tenants DISABLE ROW LEVEL SECURITY",
    "redefine_the_tenant": (
        "CREATE OR REPLACE FUNCTION hub.cur_tenant() RETURNS int4 LANGUAGE sql STABLE AS 'SELECT 2'"
    ),
    "take_over_a_table": "ALTER TABLE hub.usage_events OWNER TO hub_reader",
    "alter_the_search_path_of_a_definer": "ALTER FUNCTION hub.authenticate(text) SET search_path = hub_read",
    "grant_oneself_a_table": "GRANT SELECT ON hub.usage_events TO hub_reader; TABLE hub.usage_events",
    "grant_oneself_a_role": "GRANT hub_owner TO hub_reader",
    "make_oneself_superuser": "ALTER ROLE hub_reader SUPERUSER",
    "make_oneself_bypass_policies": "ALTER ROLE hub_reader BYPASSRLS",
    "tenant_as_default_of_the_role": "ALTER ROLE hub_reader SET hub.tenant_id = '2'",
    # Be somebody else.
    "become_the_owner": "SET ROLE hub_owner",
    "become_the_authenticator": "SET ROLE hub_auth",
    "become_maintenance": "SET ROLE hub_maint",
    "become_the_writer": "SET ROLE hub_writer",
    "become_superuser": "SET ROLE postgres",
    "become_a_monitor": "SET ROLE pg_monitor",
    "start_as_superuser": "SET SESSION AUTHORIZATION postgres",
    "start_as_the_owner": "SET SESSION AUTHORIZATION hub_owner",
    # Past the tables: files, programs, pages, logs.
    "copy_to_program": "COPY hub_read.series TO PROGRAM 'cat'",
    "copy_from_program": "COPY hub_read.series FROM PROGRAM 'id'",
    "copy_to_file": "COPY hub_read.series TO '/tmp/series'",
    "copy_base_table_out": "COPY hub.usage_events TO STDOUT",
    "read_a_file": "SELECT pg_read_file('PG_VERSION')",
    "read_a_binary_file": "SELECT pg_read_binary_file('global/pg_control')",
    "list_the_data_directory": "SELECT pg_ls_dir('.')",
    "stat_a_file": "SELECT pg_stat_file('PG_VERSION')",
    "import_a_large_object": "SELECT lo_import('/etc/passwd')",
    "read_pages_of_large_objects": "SELECT * FROM pg_largeobject",
    "read_the_write_ahead_log": "SELECT pg_create_logical_replication_slot('mine', 'test_decoding')",
    "read_passwords": "SELECT rolpassword FROM pg_authid",
    "read_raw_statistics": "SELECT * FROM pg_statistic",
    "read_raw_extended_statistics": "SELECT * FROM pg_statistic_ext_data",
    "read_user_mappings": "SELECT umoptions FROM pg_user_mapping",
    "read_authentication_rules": "SELECT * FROM pg_hba_file_rules",
    # Doors of others.
    "call_a_definer_of_the_writer": "SELECT hub.ensure_day('{2026-01-01}')",
    "call_retention": "SELECT hub.drop_before('usage_events', now())",
    "refresh_the_statistics": "SELECT hub.refresh_statistics()",
    "advance_a_sequence": "SELECT nextval('hub.flush_id_seq')",
    "read_a_sequence": "SELECT last_value FROM hub.flush_id_seq",
    "lock_a_base_table": "BEGIN; LOCK TABLE hub.usage_events IN ACCESS SHARE MODE",
    "lock_everybody_out": "BEGIN; LOCK TABLE hub_read.usage_events IN ACCESS EXCLUSIVE MODE",
    "lock_rows_of_a_view": "SELECT * FROM hub_read.usage_events FOR UPDATE",
    "read_the_ledger_of_migrations": "SELECT * FROM hub_migrations._yoyo_log",
    "read_the_queue_of_jobs": "SELECT * FROM hub_jobs.applied",
    "plant_an_incident": "INSERT INTO hub.incidents SELECT * FROM hub.incidents",
    "end_an_incident_past_its_functions": "UPDATE hub_read.incidents SET ended = true",
    "forge_a_forecast": "UPDATE hub.forecasts SET points = starts::text[]::float8[]",
    "read_the_board_of_the_operator": "SELECT * FROM hub.ops_usage_1h",
    "query_as_xml": "SELECT query_to_xml('SELECT * FROM hub.usage_events', true, false, '')",
    "newest_version_of_a_row": "SELECT currtid2('hub.tenants', '(0,1)')",
    "block_of_anonymous_code": "DO $$ BEGIN EXECUTE 'TABLE hub.usage_events'; END $$",
    "read_the_server_log_settings": "SELECT pg_current_logfile()",
    "reload_the_configuration": "SELECT pg_reload_conf()",
    "log_the_memory_of_a_backend": "SELECT pg_log_backend_memory_contexts(pg_backend_pid())",
    "disarm_triggers": "SET session_replication_role = replica",
    "log_every_statement": "SET log_statement = 'all'",
    "preload_a_library": "SET session_preload_libraries = 'mine'",
}
"""Statements that a reader must be refused."""

LONE_ACTS: Final[dict[str, str]] = {
    "alter_the_server": "ALTER SYSTEM SET hub.tenant_id = '2'",
    "create_database": "CREATE DATABASE mine",
    "create_tablespace": "CREATE TABLESPACE mine LOCATION '/tmp'",
    "tenant_as_default_of_the_database": "ALTER DATABASE {database} SET hub.tenant_id = '2'",
    "end_other_sessions": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
}

HYPERTABLE_ACTS: Final[dict[str, str]] = {
    "drop_chunks": "SELECT drop_chunks('hub.usage_events', now())",
    "drop_one_chunk": "SELECT _timescaledb_functions.drop_chunk({chunk})",
    "freeze_a_chunk": "SELECT _timescaledb_functions.freeze_chunk({chunk})",
    "decompress_a_chunk": "SELECT decompress_chunk({chunk})",
    "recompress_a_chunk": "SELECT _timescaledb_functions.recompress_chunk_segmentwise({chunk})",
    "run_retention_as_a_policy": (
        'CALL _timescaledb_functions.policy_retention(1000, \'{{"drop_after":"1 day","hypertable_id":1}}\')'
    ),
    "add_a_job": "SELECT add_job('hub.refresh_statistics', '1 hour')",
    "alter_a_job": "SELECT alter_job(1000, scheduled => false)",
    "run_a_job": "CALL run_job(1000)",
    "watermark_of_the_board": "SELECT _timescaledb_functions.cagg_watermark(9)",
    "history_of_jobs": "SELECT * FROM _timescaledb_internal.bgw_job_stat_history",
    "first_and_last_of_a_base_table": "SELECT first(user_id, ts) FROM hub.usage_events",
    "stop_the_background_workers": "SELECT _timescaledb_functions.stop_background_workers()",
}
"""Where the engine is TimescaleDB: its own functions, which PUBLIC may call unless somebody took that away."""


def acts_on(stage: Stage) -> dict[str, str]:
    """All that can be tried on this engine, ready to be run."""
    acts = ACTS | {name: text.format(database=stage.db.name) for name, text in LONE_ACTS.items()}
    if not stage.hypertables():
        return acts
    with stage.db.connect("hub_maint") as conn:
        row = conn.execute(
            "SELECT quote_literal(min(c::text)) FROM show_chunks('hub.usage_events') c"
        ).fetchone()
    assert row is not None
    chunk = row[0]
    return acts | {name: text.format(chunk=chunk) for name, text in HYPERTABLE_ACTS.items()}


def reversible(acts: Mapping[str, str]) -> dict[str, str]:
    """Those that a superuser may run in a transaction and take back: the proof that rights alone refuse them."""
    chosen = ("CREATE", "DROP VIEW", "ALTER", "GRANT", "SET", "LOCK", "SELECT * FROM")
    return {name: text for name, text in acts.items() if name not in LONE_ACTS and text.startswith(chosen)}


def refusals(session: Session, acts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(name, SQLSTATE), '' where it was let through."""
    for name, text in acts.items():
        yield name, session.run(text)
        session.run("ROLLBACK")


def table_reads(tables: list[str]) -> dict[str, str]:
    """Every way to read or change every table, partition, chunk, compressed chunk, materialisation."""
    ways = {
        "select": "SELECT * FROM {}",
        "count": "SELECT count(*) FROM {}",
        "whole_row": "SELECT t FROM ONLY {} t",
        "address": "SELECT ctid, xmin, tableoid FROM {}",
        "sample": "SELECT * FROM {} TABLESAMPLE SYSTEM (100)",
        "insert": "INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}",
        "delete": "DELETE FROM {}",
        "truncate": "TRUNCATE {}",
    }
    return {f"{way} {table}": text.replace("{}", table) for table in tables for way, text in ways.items()}
