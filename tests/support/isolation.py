"""Two tenants with rows in every table, for tests that attack the wall between them."""

from dataclasses import dataclass
from uuid import UUID

from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import tenant_writing
from tests.support.database import Database
from tests.support.deltas import MEASURES, SKETCHES, add_series, ensure_day, flush_delta, minute

AT = minute("2026-03-01 10:07")
TENANT_VIEWS = (
    "anomalies", "api_keys", "audit_log", "dead_letter_replays", "dead_letter_volume", "dead_letters",
    "forecast_accuracy", "forecasts", "incidents", "ingest_ledger", "job_runs", "ledger_removals", "members",
    "rollup_day_marks", "rollup_facet_gaps", "rollup_marks", "series", "tenants", "usage_1d", "usage_1d_facet",
    "usage_1h", "usage_1h_facet", "usage_1m", "usage_1m_total", "usage_events", "usage_user_1d",
    "usage_user_1h", "usage_user_1h_rows", "usage_user_1h_run", "usage_user_rows", "usage_user_run",
)  # fmt: skip
"""Every view that must show a tenant its own rows only."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Two tenants of one database; each has exactly one row in every tenant view."""

    ours: TenantId
    theirs: TenantId


def add_neighbours(db: Database) -> Neighbours:
    both = Neighbours(TenantId(db.add_tenant("ours")), TenantId(db.add_tenant("theirs")))
    for tenant in (both.ours, both.theirs):
        fill(db, tenant)
    return both


def fill(db: Database, tenant: TenantId) -> None:
    """One row of this tenant in every table, each written by the role that writes it in earnest."""
    with db.connect("hub_writer") as writer:
        ensure_day(writer, AT)
        add_series(writer, tenant, tenant, model="m")
        flush_delta(writer, tenant, AT, tenant, events=1)
        writer.execute(
            """INSERT INTO hub.usage_events (tenant_id, ts, event_key, series_id, received_at, source, event_id,
                   input_tokens, output_tokens, cost_input_pico_usd, cost_output_pico_usd, cost_status)
               VALUES (%(tenant)s, %(at)s, gen_random_uuid(), %(tenant)s, now(), 's', 'e', 1, 2, 3, 4, 0)""",
            {"tenant": tenant, "at": AT},
        )
        writer.execute(
            "INSERT INTO hub.ingest_ledger VALUES (%s, %s, 1, 1, 1, 0, 0)", [tenant, AT.replace(minute=0)]
        )
        writer.execute(
            """INSERT INTO hub.dead_letters (tenant_id, received_at, flush_id, origin, position, at_byte, code, field,
                   message, payload, payload_truncated)
               VALUES (%s, now(), 1, 'o', 1, -1, 'c', 'f', 'm', '', false)""",
            [tenant],
        )
        writer.execute(
            "INSERT INTO hub.dead_letter_replays (tenant_id, dead_letter_id, outcome, code)"
            " VALUES (%s, 1, 'rejected', 'c')",
            [tenant],
        )
        writer.execute("INSERT INTO hub.dead_letter_volume VALUES (%s, '2026-03-01', 1, 0, 0)", [tenant])
    measures = ", ".join(f"{'CAST(%s AS bytea)' if name in SKETCHES else '%s'}" for name in MEASURES)
    zeros = [b"" if name in SKETCHES else 0 for name in MEASURES]
    with db.connect("hub_maint") as maint:
        for table in ("usage_1h", "usage_1d"):
            maint.execute(
                f"INSERT INTO hub.{table} VALUES (%s, %s, %s, {measures})", [tenant, AT, tenant, *zeros]
            )
        maint.execute(f"INSERT INTO hub.usage_1m_total VALUES (%s, %s, {measures})", [tenant, AT, *zeros])
        for table in ("usage_1h_facet", "usage_1d_facet"):
            maint.execute(
                f"INSERT INTO hub.{table} VALUES (%s, 'model', %s, 'm', {measures})", [tenant, AT, *zeros]
            )
        sums = [zero for name, zero in zip(MEASURES, zeros, strict=True) if name not in SKETCHES]
        holes = ", ".join(["%s"] * len(sums))
        maint.execute(f"INSERT INTO hub.usage_user_1d VALUES (%s, %s, 'u', {holes})", [tenant, AT, *sums])
        for table in ("usage_user_run", "usage_user_1h", "usage_user_1h_run"):
            maint.execute(
                f"INSERT INTO hub.{table} VALUES (%s, '2026-03-01 00:00Z', 'u', 0, 0, 0, 0, 0, 0, 0)",
                [tenant],
            )
        for table in ("usage_user_rows", "usage_user_1h_rows"):
            maint.execute(f"INSERT INTO hub.{table} VALUES (%s, '2026-03-01 00:00Z', 1, 1)", [tenant])
        maint.execute(
            "INSERT INTO hub.rollup_facet_gaps VALUES (%s, 'model', %s)", [tenant, AT.replace(minute=0)]
        )
        maint.execute(
            "INSERT INTO hub.ledger_removals (tenant_id, hour, reason, events) VALUES (%s, %s, 'purged', 1)",
            [tenant, AT.replace(minute=0)],
        )
        maint.execute("INSERT INTO hub.rollup_day_marks VALUES (%s, '2026-03-01 00:00Z')", [tenant])
    _fill_access(db, tenant)
    _fill_findings(db, tenant)


def _fill_access(db: Database, tenant: TenantId) -> None:
    """A key, a member and a line of the audit log."""
    with db.connect("hub_maint") as maint:
        maint.execute(
            """INSERT INTO hub.api_keys (key_id, tenant_id, prefix, key_hash, scopes)
               VALUES (gen_random_uuid(), %s, %s, sha256('x'), '{query}')""",
            [tenant, f"p{tenant}"],
        )
        maint.execute(
            """INSERT INTO hub.members (tenant_id, member_id, issuer, subject, role)
               VALUES (%s, gen_random_uuid(), 'https://issuer', 'u', 'viewer')""",
            [tenant],
        )
        maint.execute(
            """INSERT INTO hub.audit_log (tenant_id, actor_kind, actor, action, subject)
               VALUES (%s, 'operator', 'root', 'member.add', 'u')""",
            [tenant],
        )


def incident_of(tenant: TenantId) -> UUID:
    """The number of its incident, which an attacker is told."""
    return UUID(int=int(tenant))


def _fill_findings(db: Database, tenant: TenantId) -> None:
    """A forecast, an anomaly, an incident and the run of a job, each in a transaction of the tenant."""
    with db.connect("hub_maint") as maint, tenant_writing(maint, tenant) as cursor:
        cursor.execute(
            """INSERT INTO hub.forecasts (tenant_id, dimension, value, metric, step_s, as_of, made_at, model, history,
                   starts, points, low_80, high_80, low_95, high_95)
               VALUES (%(tenant)s, '', '', 'requests', 3600, %(at)s, now(), 'm', 'enough',
                   ARRAY[%(at)s::timestamptz], '{1}', '{0}', '{2}', '{0}', '{3}')""",
            {"tenant": tenant, "at": AT},
        )
        cursor.execute(
            "INSERT INTO hub.anomalies VALUES (%s, %s, 'requests', '', '', 'd', 1, 9, 1, 0, 2, NULL)",
            [tenant, AT],
        )
        cursor.execute(
            """INSERT INTO hub.incidents (tenant_id, incident_id, kind, metric, dimension, value, began_at, last_at,
                   found_at, ended, metrics, detectors, contributions)
               VALUES (%(tenant)s, %(incident)s, 'spike', 'requests', '', '', %(at)s, %(at)s, now(), false,
                   '{requests}', '{d}', '[]')""",
            {"tenant": tenant, "at": AT, "incident": incident_of(tenant)},
        )
        cursor.execute(
            "INSERT INTO hub.job_runs (tenant_id, run_id, job, state, began_at)"
            " VALUES (%s, gen_random_uuid(), 'score', 'done', now())",
            [tenant],
        )
        cursor.execute(
            "INSERT INTO hub.forecast_accuracy VALUES (%s, %s, '', '', 'requests', 3600, 1, 0, 0, 1, 1, now())",
            [tenant, AT],
        )
