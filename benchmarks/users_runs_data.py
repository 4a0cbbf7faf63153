"""Made-up end-users as closer and flush leave them: rows of days, and the raw events of one running day.

In: a superuser's connection, a tenant and how many users it has. Out: rows. Five users in six come on a day, each time
others; in the running day every event is of some user, drawn evenly.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from analytics_hub.domain.series import SUM_COLUMNS

DAY: Final = timedelta(days=1)
TODAY: Final = datetime(2026, 11, 20, tzinfo=UTC)
EVENTS_PER_HOUR, HOURS = 27_000, 23

_VALUES: Final = {
    "events": "1 + u.n %% 7",
    "input_tokens": "900 + u.n %% 1000",
    "output_tokens": "220",
    "cost_input_pico_usd": "(900 + hashint8(u.n * 31 + %(number)s) %% 900) * 1250000::numeric",
    "cost_output_pico_usd": "220 * 10000000::numeric",
}
_DAY: Final = f"""
    INSERT INTO hub.usage_user_1d (tenant_id, bucket, user_id, {", ".join(SUM_COLUMNS)})
    SELECT %(tenant_id)s, %(day)s, 'user-' || u.n, {", ".join(_VALUES.get(name, "0") for name in SUM_COLUMNS)}
    FROM generate_series(1, %(users)s) AS u (n)
    WHERE abs(hashint8(u.n * 1009 + %(number)s)::int8) %% 6 > 0
"""
_EVENTS: Final = """
    INSERT INTO hub.usage_events (tenant_id, ts, event_key, series_id, received_at, source, event_id, user_id,
        input_tokens, output_tokens, cost_input_pico_usd, cost_output_pico_usd, cost_status)
    SELECT %(tenant_id)s, m.ts, gen_random_uuid(), 1, m.ts, 'bench', 'event-' || e.n,
        'user-' || 1 + abs(hashint8(e.n)::int8) %% %(users)s, 900, 220, 1125000000, 2200000000, 0
    FROM generate_series(1, %(events)s) AS e (n),
        LATERAL (SELECT %(day)s + e.n * interval '1 hour' / %(events_per_hour)s) AS m (ts)
"""


def add_day(admin: psycopg.Connection[Any], tenant_id: int, day: datetime, users: int) -> None:
    number = (day - TODAY).days
    admin.execute(_DAY.encode(), {"tenant_id": tenant_id, "day": day, "users": users, "number": number})


def add_hours(admin: psycopg.Connection[Any], tenant_id: int, users: int) -> None:
    """The running day's raw events, as many in each hour."""
    admin.execute("SELECT hub.ensure_day(%s::date[])", [[TODAY.date(), (TODAY + DAY).date()]])
    args = {
        "tenant_id": tenant_id,
        "day": TODAY,
        "users": users,
        "events": HOURS * EVENTS_PER_HOUR - 1,
        "events_per_hour": EVENTS_PER_HOUR,
    }
    admin.execute(_EVENTS.encode(), args)
