"""What a root field may use, and how it says who may ask it.

In: the caller and the services. Out: root fields. A root field asks one use case, which opens its own snapshot, and
gives back a function that makes the body: the asking waits in the event loop, the body of thousands of points is made
in a thread (`execution.py`). Nothing below a root field asks anything.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import strawberry

from analytics_hub.api.graphql.shapes import Body
from analytics_hub.api.services import Services
from analytics_hub.domain.access import Right
from analytics_hub.domain.incident_live import IncidentWatch
from analytics_hub.domain.live import LiveQuery
from analytics_hub.domain.plan import LevelRead
from analytics_hub.query.moment import Edge, parse_moment
from analytics_hub.telemetry import QUERY_MINUTES
from analytics_hub.tenancy.authenticate import Caller

MakeBody = Callable[[], Body]
Watched = LiveQuery | IncidentWatch
Found = MakeBody | Watched
"""What a root field gives back: how to make its body, or what is to be watched."""
RIGHT: Final = "right"
"""Where the metadata of a root field have its right."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One request: who asks, and one `now` for all of its questions."""

    services: Services
    caller: Caller
    now: datetime

    def moment(self, text: str, edge: Edge, tz: str = "UTC") -> datetime:
        return parse_moment(text, edge=edge, now=self.now, tz=tz)

    def range(self, start: str, end: str, tz: str = "UTC") -> tuple[datetime, datetime]:
        return self.moment(start, "from", tz), self.moment(end, "to", tz)


Info = strawberry.Info[Asking, None]


def asks(right: Right, resolver: Callable[..., Awaitable[Found]], description: str) -> Any:
    """A root field that callers with this right may ask. The type is the annotation of the field."""
    return strawberry.field(
        resolver=resolver,
        description=f"{description} Asks for the right `{right.value}`.",
        metadata={RIGHT: right},
    )


def count_minutes(levels: Iterable[LevelRead]) -> None:
    for read in levels:
        QUERY_MINUTES.labels(read.level.value).inc(read.minutes)
