"""Moments as people type them: `now`, `-24h`, `2026-11-05`, `2026-11-05T08:00`, RFC 3339. For URLs and
command line.

Comes out: an aware UTC datetime. What is relative to now is widened to the whole minute (a start goes back,
an end goes on), because ranges have minute edges; what is written out is taken as it is, and `UsageQuery`
judges it. A date or a time without offset belongs to the zone of the question.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.usage import checked_zone

_RELATIVE = re.compile(r"-([0-9]{1,9})(m|h|d|w)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
# fromisoformat also takes week dates, bare digits and endless fractions: more than we document.
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{5,15}(Z|[+-][0-9:]{2,8})?)?")

Edge = Literal["from", "to"]


def parse_moment(text: str, *, edge: Edge, now: datetime, tz: str = "UTC") -> datetime:
    """The moment that a text means at `now`. Raises InvalidInput that names the edge."""
    text = text.strip()
    if text == "now":
        return _whole_minute(now, edge)
    if relative := _RELATIVE.fullmatch(text):
        try:
            return _whole_minute(now - int(relative[1]) * _UNITS[relative[2]], edge)
        except OverflowError as error:
            raise InvalidInput("out_of_range", edge, "The moment lies too far back.") from error
    return _absolute(text, edge, tz)


def _absolute(text: str, edge: Edge, tz: str) -> datetime:
    try:
        if not _WRITTEN.fullmatch(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=checked_zone(tz))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            "bad_moment", edge, "A moment is now, -24h, 2026-11-05 or 2026-11-05T08:00+01:00."
        ) from error


def _whole_minute(moment: datetime, edge: Edge) -> datetime:
    past = (moment - _EPOCH) % _MINUTE
    if not past:
        return moment
    return moment - past if edge == "from" else moment - past + _MINUTE
