"""The period before a range, as people mean it.

In: a range and the zone of its days. Out: the range just before it. Whole calendar months are compared with as many
months, whole local days with as many local days (whatever hours a change of offset took or gave), anything else with
the same duration.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def previous_range(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Where the period before [start, end) begins and ends; it always ends where the range begins."""
    first, last = _date_that_begins(start, zone), _date_that_begins(end, zone)
    if first is None or last is None:
        return start - (end - start), start
    if first.day == last.day == 1:
        return _beginning(_months_before(first, _months(last) - _months(first)), zone), start
    return _beginning(first - (last - first), zone), start


def _date_that_begins(moment: datetime, zone: ZoneInfo) -> date | None:
    """The local date that begins at this moment, if one does."""
    day = moment.astimezone(zone).date()
    return day if _beginning(day, zone) == moment else None


def _beginning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _months_before(day: date, count: int) -> date:
    year, month = divmod(_months(day) - count, 12)
    return date(year, month + 1, 1)
