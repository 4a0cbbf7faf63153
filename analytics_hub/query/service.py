"""The use case behind every usage question, whichever edge asked it: one snapshot, a plan, rows, an answer.

In: a `UsageQuery`. Out: a `UsageAnswer`. Foreign errors of a store arrive already as domain errors. The
ledger has its own use case in `ledger.py`.
"""

import asyncio

from analytics_hub.domain.answer import PreviousPeriod, UsageAnswer
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.plan import LevelRead, Marks, Read, Span
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.query.answering import Answered, coverage_of, series_of
from analytics_hub.query.declared_tags import check_declared
from analytics_hub.query.distinct import check_distinct, with_users
from analytics_hub.query.plan import facets_of, marks_span
from analytics_hub.query.ports import UsageStore
from analytics_hub.query.reading import Reader
from analytics_hub.query.values import values


class UsageService:
    """Asks a store; keeps no state of its own."""

    def __init__(self, store: UsageStore, *, spans_max: int) -> None:
        self._store = store
        self._spans_max = spans_max

    async def ask(self, query: UsageQuery) -> UsageAnswer:
        """The exact answer as of one snapshot."""
        check_distinct(query)
        async with self._store.snapshot(query.tenant) as snapshot:
            marks = await snapshot.marks(_whole_span(query), facets_of(query))
            check_declared("group_by", query.group_by, marks.declared_tags)
            check_declared("filter", (one.dimension for one in query.filters), marks.declared_tags)
            reader = Reader(snapshot, marks, self._spans_max)
            now = await _read(reader, query)
            before = await _before(reader, query, now) if query.compare else None
        # Reading sketches is work for a thread too.
        return await asyncio.to_thread(_answer, now, before, marks)


def _whole_span(query: UsageQuery) -> Span:
    """The range and, with a comparison, the period before, which ends where it begins."""
    span = marks_span(query)
    return Span(marks_span(query.previous).start, span.end) if query.compare else span


async def _read(
    reader: Reader, query: UsageQuery, groups: tuple[tuple[str, ...], ...] | None = None
) -> Answered:
    found = await reader.read(query, groups)
    return await with_users(reader.snapshot, reader.marks, found, spans_max=reader.spans_max)


async def _before(reader: Reader, query: UsageQuery, now: Answered) -> Answered:
    """The period before, for the groups of this one."""
    try:
        return await _read(reader, query.previous, now.groups if query.group_by else None)
    except InvalidInput as refused:
        raise InvalidInput(refused.code, "compare", f"The period before: {refused.message}") from refused


def _answer(now: Answered, before: Answered | None, marks: Marks) -> UsageAnswer:
    query, total = now.planned.query, now.total()
    return UsageAnswer(
        query=query,
        series=series_of(now, before),
        total=values(query.metrics, total),
        coverage=coverage_of(total),
        fresh_until=marks.taken_at,
        levels=tuple(_level_read(read) for read in now.reads),
        previous=_period(before) if before else None,
    )


def _period(before: Answered) -> PreviousPeriod:
    query, total = before.planned.query, before.total()
    return PreviousPeriod(query.start, query.end, values(query.metrics, total), coverage_of(total))


def _level_read(read: Read) -> LevelRead:
    return LevelRead(read.level, sum(int(span.length.total_seconds()) // 60 for span in read.spans))
