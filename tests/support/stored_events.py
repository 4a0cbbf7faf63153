"""Hand-made rows of usage_events and their ledger, for tests that need events but no flush."""

from datetime import datetime
from typing import Any

import psycopg

from tests.support.deltas import hour_of


def add_event(
    conn: psycopg.Connection[Any], tenant_id: int, at: datetime, *, received_at: datetime | None = None
) -> None:
    """One stored event at this moment, received then too, and its row of the ledger. Its day must exist."""
    received = received_at or at
    conn.execute(
        """INSERT INTO hub.usage_events (tenant_id, ts, event_key, series_id, received_at, source, event_id, user_id,
               input_tokens, output_tokens, cost_input_pico_usd, cost_output_pico_usd, cost_status)
           VALUES (%s, %s, gen_random_uuid(), 1, %s, 's', 'e', 'u', 1, 2, 3, 4, 0)""",
        [tenant_id, at, received],
    )
    conn.execute(
        """INSERT INTO hub.ingest_ledger (tenant_id, hour, flush_id, received, stored, duplicate, rejected)
           VALUES (%s, %s, nextval('hub.flush_id_seq'), 1, 1, 0, 0)""",
        [tenant_id, hour_of(received)],
    )
