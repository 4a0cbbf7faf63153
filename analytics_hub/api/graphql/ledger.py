"""`ledger`: what became of the events received, as `GET /v1/ledger` answers.

In: arguments with REST's names. Out: the body of `analytics_hub/api/rest/wire.py`.
"""

import strawberry

from analytics_hub.api.graphql.arguments import From, To
from analytics_hub.api.graphql.asking import Info, MakeBody
from analytics_hub.api.graphql.scalars import Count, DateTime
from analytics_hub.api.graphql.typed import shape
from analytics_hub.api.rest.wire import ledger_body


@shape
class LedgerCount:
    """received = stored + duplicate + rejected, in every single hour."""

    received: Count
    stored: Count
    duplicate: Count
    rejected: Count
    balanced: bool
    difference: Count = strawberry.field(description="received - stored - duplicate - rejected")


@shape
class LedgerHour(LedgerCount):
    """One hour of receipt."""

    hour: DateTime


@shape
class Ledger:
    """What became of the events received, by hour of receipt."""

    total: LedgerCount
    hours: list[LedgerHour]


async def ask_ledger(info: Info, from_: From = "-24h", to: To = "now") -> MakeBody:
    asking = info.context
    start, end = asking.range(from_, to)
    account = await asking.services.ledger.account(asking.caller.tenant, start, end)
    return lambda: ledger_body(account)
