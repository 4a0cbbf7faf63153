"""The oracle: the client's ledger against the database, event by event and sum by sum.

In: the ledger that `hub simulate` wrote, and the database when everything has been consumed. Out: `Findings`:

    LOST    acknowledged and not there: no row, no part in the rollups, or a reject without its dead letter
    DUP     counted twice: two rows of one event, or more in the rollups than there are rows
    WRONG   there, and not as sent: tokens, cost, a broken event that was stored, a row that nobody sent

An event that was sent and never acknowledged may be stored or not, but once at most. The looking is done in SQL over
a table of what was sent, as the superuser: the product's own roles and views are no witnesses in their own case.
"""

from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from analytics_hub.domain.clock import from_unix_us
from ingest.simulator.client_ledger import STORED, read_ledger
from rust_core import PriceBook
from tests.support.chaos.expected_cost import expected_cost

_TABLE = """
    CREATE TEMP TABLE sent (
        slug text, event_id text, ts timestamptz, acked bool, outcome text, input_tokens int8, cache_read_tokens int8,
        output_tokens int8, output_reasoning_tokens int8, cost_input int8, cost_cache_read int8, cost_output int8)
"""

# Many lines of one event (resends) become one: acknowledged once is acknowledged.
_KEYS = (
    "tenant_id, event_id, ts, outcome, input_tokens, cache_read_tokens, output_tokens, output_reasoning_tokens,"
    " cost_input, cost_cache_read, cost_output"
)
_EXPECTED = f"""
    CREATE TEMP TABLE expected AS
    SELECT {_KEYS}, bool_or(acked) AS acked FROM sent JOIN hub.tenants USING (slug) GROUP BY {_KEYS}
"""

_ROWS = """
    CREATE TEMP TABLE found AS
    SELECT tenant_id, event_id, count(*) AS copies, min(ts) AS ts, min(input_tokens) AS input_tokens,
           min(coalesce(cache_read_tokens, 0)) AS cache_read_tokens, min(output_tokens) AS output_tokens,
           min(coalesce(output_reasoning_tokens, 0)) AS output_reasoning_tokens,
           min(cost_input_pico_usd) AS cost_input, min(coalesce(cost_cache_read_pico_usd, 0)) AS cost_cache_read,
           min(cost_output_pico_usd) AS cost_output
    FROM hub.usage_events GROUP BY tenant_id, event_id
"""

_LOST_ROWS = """
    SELECT e.tenant_id, e.event_id FROM expected e LEFT JOIN found f USING (tenant_id, event_id)
    WHERE e.acked AND e.outcome = %(stored)s AND f.event_id IS NULL
"""
_DOUBLE_ROWS = "SELECT tenant_id, event_id FROM found WHERE copies > 1"
_WRONG_ROWS = """
    SELECT f.tenant_id, f.event_id FROM found f LEFT JOIN expected e USING (tenant_id, event_id)
    WHERE e.event_id IS NULL OR e.outcome <> %(stored)s
       OR (e.ts, e.input_tokens, e.cache_read_tokens, e.output_tokens, e.output_reasoning_tokens,
           e.cost_input, e.cost_cache_read, e.cost_output)
          IS DISTINCT FROM
          (f.ts, f.input_tokens, f.cache_read_tokens, f.output_tokens, f.output_reasoning_tokens,
           f.cost_input, f.cost_cache_read, f.cost_output)
"""

_SUMS = """sum({events}) AS events, sum(input_tokens) AS input, sum(coalesce(cache_read_tokens, 0)) AS cache_read,
           sum(output_tokens) AS output, sum(coalesce(output_reasoning_tokens, 0)) AS reasoning,
           sum(cost_input_pico_usd) AS cost_input, sum(coalesce(cost_cache_read_pico_usd, 0)) AS cost_cache_read,
           sum(cost_output_pico_usd) AS cost_output, sum(coalesce(latency_us{sum}, 0)) AS latency"""
_MINUTES = f"""
    CREATE TEMP TABLE minutes AS
    SELECT tenant_id, minute, r.events AS rows, d.events AS deltas,
           (r.input, r.cache_read, r.output, r.reasoning, r.cost_input, r.cost_cache_read, r.cost_output, r.latency)
           IS NOT DISTINCT FROM
           (d.input, d.cache_read, d.output, d.reasoning, d.cost_input, d.cost_cache_read, d.cost_output, d.latency)
           AS same_sums
    FROM (SELECT tenant_id, date_trunc('minute', ts) AS minute, {_SUMS.format(events="1", sum="")}
          FROM hub.usage_events GROUP BY 1, 2) r
    FULL JOIN (SELECT tenant_id, bucket AS minute, {_SUMS.format(events="events", sum="_sum")}
               FROM hub.usage_1m GROUP BY 1, 2) d USING (tenant_id, minute)
"""
_ROLLUP_LOST = "SELECT coalesce(sum(greatest(coalesce(rows, 0) - coalesce(deltas, 0), 0)), 0) FROM minutes"
_ROLLUP_DOUBLE = "SELECT coalesce(sum(greatest(coalesce(deltas, 0) - coalesce(rows, 0), 0)), 0) FROM minutes"
_ROLLUP_WRONG = "SELECT count(*) FROM minutes WHERE rows = deltas AND NOT same_sums"

# A reject must have left a letter. Bodies that came twice leave two, so fewer letters than rejects is what is wrong.
_LOST_LETTERS = """
    SELECT coalesce(sum(greatest(e.rejects - coalesce(d.letters, 0), 0)), 0)
    FROM (SELECT tenant_id, outcome AS code, count(*) AS rejects FROM expected
          WHERE acked AND outcome <> %(stored)s GROUP BY 1, 2) e
    LEFT JOIN (SELECT tenant_id, code, count(*) AS letters FROM hub.dead_letters GROUP BY 1, 2) d
    USING (tenant_id, code)
"""
_UNBALANCED = "SELECT count(*) FROM hub.ingest_ledger WHERE received <> stored + duplicate + rejected"
_LEDGER_APART = """
    SELECT count(*) FROM (SELECT tenant_id, sum(stored) AS stored FROM hub.ingest_ledger GROUP BY 1) l
    FULL JOIN (SELECT tenant_id, count(*) AS rows FROM hub.usage_events GROUP BY 1) r USING (tenant_id)
    WHERE coalesce(l.stored, 0) <> coalesce(r.rows, 0)
"""
_EXAMPLES_MAX = 5


@dataclass(frozen=True, slots=True)
class Findings:
    """What the oracle saw. Everything but the first two must be zero."""

    acked: int
    """Good events that the client was told are safe, each once."""
    rows: int
    lost: int
    duplicate: int
    wrong: int
    ledger_faults: int
    """Rows of the ledger whose equation fails, and tenants whose ledger and rows differ."""
    examples: tuple[str, ...] = field(default=(), compare=False)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.duplicate or self.wrong or self.ledger_faults)


def judge(admin_dsn: str, ledger: Path, book: PriceBook) -> Findings:
    """Compare. Call it when the workers have read everything and no load runs."""
    with psycopg.connect(admin_dsn) as conn:
        _load(conn, ledger, book)
        for statement in (_EXPECTED, _ROWS, _MINUTES, "ANALYZE expected", "ANALYZE found"):
            conn.execute(statement.encode())
        lost, double, wrong = (_listed(conn, query) for query in (_LOST_ROWS, _DOUBLE_ROWS, _WRONG_ROWS))
        examples = [
            f"{kind}: tenant {tenant} event {event}"
            for kind, found in (("lost", lost), ("duplicate", double), ("wrong", wrong))
            for tenant, event in found[:_EXAMPLES_MAX]
        ]
        return Findings(
            acked=_number(conn, "SELECT count(*) FROM expected WHERE acked AND outcome = %(stored)s"),
            rows=_number(conn, "SELECT count(*) FROM hub.usage_events"),
            lost=len(lost) + _number(conn, _ROLLUP_LOST) + _number(conn, _LOST_LETTERS),
            duplicate=len(double) + _number(conn, _ROLLUP_DOUBLE),
            wrong=len(wrong) + _number(conn, _ROLLUP_WRONG),
            ledger_faults=_number(conn, _UNBALANCED) + _number(conn, _LEDGER_APART),
            examples=tuple(examples),
        )


def _load(conn: psycopg.Connection[tuple[object, ...]], ledger: Path, book: PriceBook) -> None:
    conn.execute(_TABLE)
    names = "slug, event_id, ts, acked, outcome, input_tokens, cache_read_tokens, output_tokens"
    names += ", output_reasoning_tokens, cost_input, cost_cache_read, cost_output"
    with conn.cursor().copy(f"COPY sent ({names}) FROM STDIN".encode()) as copy:
        for entry in read_ledger(ledger):
            for event in entry.events:
                copy.write_row(
                    (
                        entry.tenant,
                        event.event_id,
                        from_unix_us(event.time_us),
                        entry.acked,
                        event.outcome,
                        event.input_tokens,
                        event.cache_read_tokens,
                        event.output_tokens,
                        event.output_reasoning_tokens,
                        *expected_cost(book, event),
                    )
                )


def _listed(conn: psycopg.Connection[tuple[object, ...]], query: str) -> list[tuple[object, ...]]:
    return conn.execute(query.encode(), {"stored": STORED}).fetchall()


def _number(conn: psycopg.Connection[tuple[object, ...]], query: str) -> int:
    row = conn.execute(query.encode(), {"stored": STORED}).fetchone()
    assert row is not None
    return int(str(row[0]))
