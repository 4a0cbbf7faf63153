"""What a watched question's answer was, what it is now, and the messages that say so. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics_hub.domain.answer import Coverage, UsageAnswer, Value
from analytics_hub.domain.live import LiveChange, LivePoint, LiveQuery, LiveSeries, LiveSnapshot

_Values = Mapping[str, Value]
_Group = tuple[bool, tuple[tuple[str, str], ...]]
"""Whether it is `other`, and its dimensions."""


@dataclass(frozen=True, slots=True)
class LiveState:
    """An answer by group and minute."""

    query: LiveQuery
    start: datetime
    end: datetime
    fresh_until: datetime
    total: _Values
    coverage: Coverage
    points: Mapping[_Group, Mapping[datetime, _Values]]

    @classmethod
    def of(cls, query: LiveQuery, answer: UsageAnswer) -> "LiveState":
        return cls(
            query,
            answer.query.start,
            answer.query.end,
            answer.fresh_until,
            answer.total,
            answer.coverage,
            {
                (series.other, tuple(series.group.items())): {
                    point.start: point.values for point in series.points
                }
                for series in answer.series
            },
        )

    def snapshot(self) -> LiveSnapshot:
        series = tuple(_series(group, points) for group, points in self.points.items())
        return LiveSnapshot(
            self.query, self.start, self.end, self.fresh_until, self.total, self.coverage, series
        )

    def change_since(self, before: "LiveState") -> LiveChange | None:
        """None where nothing differs but the moment of the answer."""
        series = tuple(_series(group, points) for group, points in _differing(before, self) if points)
        if not series and (before.start, before.total, before.coverage) == (
            self.start,
            self.total,
            self.coverage,
        ):
            return None
        return LiveChange(
            self.query, self.start, self.end, self.fresh_until, self.total, self.coverage, series
        )


def _series(group: _Group, points: Mapping[datetime, _Values | None]) -> LiveSeries:
    other, dimensions = group
    return LiveSeries(
        dict(dimensions), other, tuple(LivePoint(start, values) for start, values in points.items())
    )


def _differing(
    before: LiveState, after: LiveState
) -> Iterator[tuple[_Group, dict[datetime, _Values | None]]]:
    nothing: Mapping[datetime, _Values] = {}
    for group in dict.fromkeys((*before.points, *after.points)):
        old, new = before.points.get(group, nothing), after.points.get(group, nothing)
        points: dict[datetime, _Values | None] = {
            start: values for start, values in new.items() if old.get(start) != values
        }
        points |= {start: None for start in old if start >= after.start and start not in new}
        yield group, points
