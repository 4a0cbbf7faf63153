"""The questions whose planning is measured, and the statements that they come to.

In: a database with a month of one tenant. Out: by question the statements that its use case sent, with their arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from analytics_hub.cli.opened import OpenedHub
from analytics_hub.domain.plan import Plan
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.domain.user_usage import UserQuery
from analytics_hub.query.build import build
from analytics_hub.query.build_users import build_users
from analytics_hub.query.service import UsageService
from analytics_hub.query.users import UserService
from analytics_hub.storage.reader_pool import open_reader_pool
from analytics_hub.storage.usage_store import PostgresUsageStore
from analytics_hub.storage.user_store import PostgresUserStore
from benchmarks import events

DAYS = 30
END = events.START.replace(hour=0)
"""The data ends here, on a whole day."""
BY_USER = "month_by_user"
Statement = tuple[str, Mapping[str, object]]
_SUMS = ("events", "total_tokens", "cost_usd")
_QUANTILES = ("events", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms")
_MONTH = timedelta(days=DAYS)
_Make = Callable[[TenantId], UsageQuery]

QUESTIONS: Mapping[str, _Make] = {
    "day_by_minute": lambda who: UsageQuery.ask(
        who, END - timedelta(days=1), END, interval="1m", metrics=_SUMS
    ),
    "month_by_day_and_model": lambda who: UsageQuery.ask(
        who, END - _MONTH, END, interval="1d", metrics=_SUMS, group_by=["model"], limit=50
    ),
    "month_by_hour_and_project": lambda who: UsageQuery.ask(
        who, END - _MONTH, END, interval="1h", metrics=_SUMS, group_by=["project"], order="-cost_usd", limit=10
    ),
    "month_of_quantiles_by_model": lambda who: UsageQuery.ask(
        who, END - _MONTH, END, metrics=_QUANTILES, group_by=["model"], limit=50
    ),
    "month_of_one_project_by_model": lambda who: UsageQuery.ask(
        who, END - _MONTH, END, interval="1d", metrics=_SUMS, group_by=["model"], limit=50,
        filters={"project": ["project-1"]},
    ),
    "week_in_kolkata_by_day": lambda who: UsageQuery.ask(
        who, END - timedelta(days=8, minutes=330), END - timedelta(days=1, minutes=330), interval="1d",
        tz="Asia/Kolkata", metrics=_SUMS,
    ),
    BY_USER: lambda who: UsageQuery.ask(
        who, END - _MONTH, END, metrics=_SUMS, order="-cost_usd", limit=20
    ),
}  # fmt: skip


class Recorded:
    """A builder that keeps what it built."""

    def __init__(self, builder: Callable[[Plan], tuple[str, Mapping[str, object]]]) -> None:
        self._builder = builder
        self.statements: list[Statement] = []

    def __call__(self, plan: Plan) -> Statement:
        self.statements.append(self._builder(plan))
        return self.statements[-1]


async def statements_of(hub: OpenedHub, tenant: TenantId) -> dict[str, list[Statement]]:
    """Asks every question once; an empty answer ends the benchmark."""
    settings, found = hub.settings, dict[str, list[Statement]]()
    async with open_reader_pool(
        hub.dsn("hub_reader"),
        "bench-planning",
        connections_min=1,
        connections_max=1,
        wait_s=settings.database.pool_wait_s,
        connect_s=settings.database.connect_timeout_s,
        statement_timeout_ms=settings.query.statement_timeout_ms,
        work_mem_mb=settings.query.work_mem_mb,
    ) as pool:
        for name, make in QUESTIONS.items():
            query, spans_max = make(tenant), settings.query.spans_max
            if name == BY_USER:
                recorded = Recorded(build_users)
                users = UserService(PostgresUserStore(pool, recorded), spans_max=spans_max)
                series = (await users.ask(UserQuery(query))).series
            else:
                recorded = Recorded(build)
                usage = UsageService(PostgresUsageStore(pool, recorded), spans_max=spans_max)
                series = (await usage.ask(query)).series
            if not series:
                raise SystemExit(f"{name}: the answer is empty: not the same work")
            found[name] = recorded.statements
    return found
