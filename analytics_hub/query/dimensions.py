"""The use case behind the values of dimensions: usage questions by one dimension, for whoever must choose a value.

In: a `DimensionQuery`. Out: a `DimensionsAnswer`. The facets answer for the eight dimensions, days by series for tags.
"""

from collections import Counter

from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.dimension import DimensionQuery, DimensionsAnswer, DimensionValue, DimensionValues
from analytics_hub.domain.plan import Level, LevelRead
from analytics_hub.domain.series import DIMENSIONS, TAG_PREFIX
from analytics_hub.query.declared_tags import check_declared
from analytics_hub.query.events import EventStore
from analytics_hub.query.service import UsageService


class DimensionService:
    """Asks the usage service; the events' store knows which tags are declared."""

    def __init__(self, usage: UsageService, events: EventStore) -> None:
        self._usage = usage
        self._events = events

    async def ask(self, query: DimensionQuery) -> DimensionsAnswer:
        names = await self._names(query)
        answers = [await self._usage.ask(query.question(name)) for name in names]
        minutes: Counter[Level] = Counter()
        for answer in answers:
            minutes.update({read.level: read.minutes for read in answer.levels})
        return DimensionsAnswer(
            query,
            answers[0].query.start,
            tuple(_values(query, name, answer) for name, answer in zip(names, answers, strict=True)),
            min(answer.fresh_until for answer in answers),
            tuple(LevelRead(level, minutes[level]) for level in Level if level in minutes),
        )

    async def _names(self, query: DimensionQuery) -> tuple[str, ...]:
        if query.name in DIMENSIONS:
            return (query.name,)
        async with self._events.snapshot(query.tenant) as snapshot:
            declared = (await snapshot.kept()).declared_tags
        if query.name is None:
            return (*DIMENSIONS, *(f"{TAG_PREFIX}{key}" for key in sorted(declared)))
        check_declared("dimension", (query.name,), declared)
        return (query.name,)


def _values(query: DimensionQuery, name: str, answer: UsageAnswer) -> DimensionValues:
    prefix = query.prefix.casefold()
    matching = [
        DimensionValue(series.group[name], int(series.total["events"] or 0))
        for series in answer.series
        if not series.other and series.group[name].casefold().startswith(prefix)
    ]
    complete = not any(series.other for series in answer.series)
    return DimensionValues(name, tuple(matching[: query.limit]), len(matching), complete)
