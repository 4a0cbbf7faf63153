"""Days of a tenant that are in its sums while their events are gone: retention has dropped them.

In: a connection of hub_maint and a tenant. Out: the UTC days, ascending. A resend is known by its stored event, so on
such a day nobody can tell an event that was counted before from a new one. Hours that wait to be closed change nothing:
retention drops no day that has one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.statements import statements

_SQL = statements("spent_days")


def spent_days(conn: psycopg.Connection[Any], tenant_id: TenantId) -> Sequence[datetime]:
    return [row[0] for row in conn.execute(_SQL["spent_days"], {"tenant_id": tenant_id})]
