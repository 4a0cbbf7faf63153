"""The use case behind what jobs found: pages of anomalies and incidents, one of them, and what people say of it; what
forecasts were worth.

In: a `FindingFilter`, a place in a list, an id, weeks. Out: pages, incidents. What was found is decided by the jobs;
that a tenant sees its own alone, by the store.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from analytics_hub.domain.access import Actor
from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import InvalidInput, NotFound
from analytics_hub.domain.incident import (
    WATCHED_METRICS,
    Anomaly,
    Feedback,
    FindingFilter,
    Incident,
    IncidentId,
    IncidentKind,
)
from analytics_hub.domain.page import Page, RowPlace, page_of
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.usage_checks import check_names
from analytics_hub.query.accuracy import AccuracyAnswer, AccuracyQuery
from analytics_hub.query.finding_ports import FindingStore, IncidentDesk, anomaly_key


class FindingService:
    """Keeps no state of its own. Bounds: rows of a page, days of a range."""

    def __init__(
        self, store: FindingStore, desk: IncidentDesk, clock: Clock, *, page_max: int, range_days_max: int
    ) -> None:
        self.store = store
        self.page_max = page_max
        self._desk = desk
        self._clock = clock
        self._range_days_max = range_days_max

    async def anomalies(
        self, question: FindingFilter, limit: int, after: RowPlace | None = None
    ) -> Page[Anomaly]:
        """At most `limit` of them, older than `after`."""
        self._check(question, limit)
        place = None if after is None else (after.at, f"{after.number:032x}")
        return page_of(await self.store.anomalies(question, place, limit + 1), limit, anomaly_place)

    async def incidents(
        self, question: FindingFilter, limit: int, after: RowPlace | None = None
    ) -> Page[Incident]:
        """At most `limit` of them, begun before `after`."""
        self._check(question, limit)
        place = None if after is None else (after.at, IncidentId(UUID(int=after.number)))
        return page_of(await self.store.incidents(question, place, limit + 1), limit, incident_place)

    async def accuracy(self, query: AccuracyQuery) -> AccuracyAnswer:
        """What was written down of these weeks."""
        return AccuracyAnswer(query, await self.store.accuracies(query.tenant, query.start, query.end))

    async def incident(self, tenant: TenantId, incident_id: IncidentId) -> Incident:
        return _there(await self.store.incident(tenant, incident_id))

    async def acknowledge(self, tenant: TenantId, incident_id: IncidentId, by: Actor) -> Incident:
        """Somebody looks after it: the first one counts."""
        return _there(await self._desk.acknowledge(tenant, incident_id, by, self._clock.now()))

    async def give_feedback(
        self, tenant: TenantId, incident_id: IncidentId, feedback: Feedback, by: Actor
    ) -> Incident:
        """Whether it was worth being told: the last one counts."""
        return _there(await self._desk.give_feedback(tenant, incident_id, feedback, by, self._clock.now()))

    def _check(self, question: FindingFilter, limit: int) -> None:
        if not 1 <= limit <= self.page_max:
            raise InvalidInput("bad_limit", "limit", f"A page has 1 to {self.page_max} rows.")
        if question.end - question.start > timedelta(days=self._range_days_max):
            raise InvalidInput("range_too_long", "from", f"A range has at most {self._range_days_max} days.")


def finding_filter(
    tenant: TenantId,
    start: datetime,
    end: datetime,
    *,
    metrics: Sequence[str] = (),
    kinds: Sequence[IncidentKind] = (),
    open_only: bool = False,
) -> FindingFilter:
    """The question, checked as far as it can be without bounds of a process."""
    if start >= end:
        raise InvalidInput("empty_range", "to", "The range ends before it starts.")
    check_names("metric", tuple(metrics), WATCHED_METRICS)
    return FindingFilter(tenant, start, end, tuple(metrics), tuple(kinds), open_only)


def anomaly_place(one: Anomaly) -> RowPlace:
    return RowPlace(one.start, int(anomaly_key(one), 16))


def incident_place(one: Incident) -> RowPlace:
    return RowPlace(one.began_at, one.incident_id.int)


def list_name(list_: str, question: FindingFilter) -> str:
    """A list and its filters, for its cursors: a page of one question goes on with no other one."""
    words: Sequence[Sequence[str]] = (question.metrics, [kind.value for kind in question.kinds])
    return "\x1e".join([list_, *("\x1f".join(sorted(part)) for part in words), str(question.open_only)])


def _there(found: Incident | None) -> Incident:
    if found is None:
        raise NotFound("no_such_incident", "There is no such incident.", field="id")
    return found
