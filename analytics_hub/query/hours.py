"""The hours of a tenant, of everything and of its dearest values of some dimensions, from one snapshot.

In: whole hours, dimensions, how many values of each. Out: `HourColumns`, everything first, then by dimension, the
dearest first; what is left of all others is not told. Planned as every question is, so that hours which are open or
changed late are read from minutes. It answers what `UsageService` answers with less work: marks are read once, only the
groups shown are read, and nothing is made of single rows.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from analytics_hub.domain.hours import HourColumns
from analytics_hub.domain.plan import FACET_OF_ALL, Marks, Plan, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage import Interval, Order, UsageQuery
from analytics_hub.query.plan import marks_span, metric_columns, plan

METRICS: Final = ("events", "cost_usd", "total_tokens", "errors", "latency_avg_ms")
_RANKED_BY: Final = "cost_usd"


@dataclass(frozen=True, slots=True)
class HoursQuery:
    """Whole hours, [start, end)."""

    tenant: TenantId
    start: datetime
    end: datetime
    dimensions: Sequence[str] = ()
    values_max: int = 0


class HourSnapshot(Protocol):
    """One open transaction of one tenant."""

    def marks(self, span: Span, facets: Sequence[str]) -> Marks: ...

    def groups(self, plan: Plan) -> list[tuple[str, ...]]:
        """The groups of a plan, as it ranks them, without what is left of all others."""
        ...

    def hours(self, plan: Plan) -> list[HourColumns]:
        """Rows of a plan by group, in any order. None where nothing came."""
        ...


Snapshot = Callable[[TenantId], AbstractContextManager[HourSnapshot]]


class HourService:
    """Asked from a job's thread; keeps no state of its own."""

    def __init__(self, snapshot: Snapshot, *, spans_max: int) -> None:
        self._snapshot = snapshot
        self._spans_max = spans_max

    def ask(self, query: HoursQuery) -> list[HourColumns]:
        """Nothing for a tenant without events in the range."""
        whole = UsageQuery(query.tenant, query.start, query.end, interval=Interval.HOUR, metrics=METRICS)
        with self._snapshot(query.tenant) as snapshot:
            marks = snapshot.marks(marks_span(whole), [*query.dimensions, FACET_OF_ALL])
            planned = plan(whole, marks, spans_max=self._spans_max)
            found = snapshot.hours(replace(planned, columns=metric_columns(whole)))
            if found and query.values_max:
                for dimension in query.dimensions:
                    order, limit = Order(_RANKED_BY), query.values_max
                    asked = replace(whole, group_by=(dimension,), order=order, limit=limit)
                    found += self._of_values(snapshot, marks, asked)
        return found

    def _of_values(self, snapshot: HourSnapshot, marks: Marks, query: UsageQuery) -> Iterator[HourColumns]:
        once = replace(query, interval=Interval.NONE, metrics=(_RANKED_BY,))
        groups = snapshot.groups(plan(once, marks, spans_max=self._spans_max))
        if not groups:
            return
        planned = plan(query, marks, spans_max=self._spans_max)
        shown = replace(planned, groups=tuple(groups), others=False, columns=metric_columns(query))
        by_value = {one.value: one for one in snapshot.hours(shown)}
        yield from (by_value[value] for (value,) in groups if value in by_value)
