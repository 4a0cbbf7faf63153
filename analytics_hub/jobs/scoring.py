"""The job `score`: looks at a tenant's newest hours, keeps what is odd, and tells what a person should look at.

In: a `Work`. Out: the rows written. The deciding is `models/incidents`; here are its surroundings: which hours, what
is known from before, and that a second run changes nothing. Hours are looked at again, as late events change them;
after a pause as many as were missed, up to a bound.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from analytics_hub.jobs.found import found_of, past_of
from analytics_hub.jobs.watching import HOUR, Hours, hour_number, watch
from analytics_hub.jobs.work import Work
from analytics_hub.settings import JobSettings
from models.incidents.assess import assess
from models.incidents.ports import Watched
from models.incidents.rules import Rules

_FIRST_H: Final = 24
"""Of a tenant that was never scored the last day is looked at: what is older is no news."""
_OPEN_FOR: Final = timedelta(days=15)
"""So long an incident may matter to new ones: the longest lasts eight days, and the budget is of a week."""
_JUDGED_FOR: Final = timedelta(days=180)
"""So long a word of feedback counts."""
_ALERTS_MAX: Final = 100


def score(work: Work) -> int:
    end = work.now.replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(days=work.settings.score_days)
    work.progress(0, 3)
    watched = watch(work.hours, Hours(work.tenant, start, end), work.settings.places_max)
    if not watched:
        return 0
    work.progress(1, 3)
    new_h = _new_hours(work.last_done(), end, work.settings)
    rows, is_anything_to_tell = _put_found(work, watched, start, end, new_h)
    work.progress(2, 3)
    if is_anything_to_tell:
        tell(work)
    work.progress(3, 3)
    return rows


def tell(work: Work) -> None:
    """The mark commits after the call: who was called, is called again only where the process was killed between."""
    with work.writing() as writer:
        waiting = writer.not_alerted(_ALERTS_MAX)
        for incident in waiting:
            work.alerts.tell(work.tenant, incident)
        if waiting:
            writer.mark_alerted(waiting, work.now)


def rules_of(settings: JobSettings) -> Rules:
    return Rules(
        sensitivity=settings.sensitivity,
        floor_usd=settings.floor_usd,
        alerts_a_week=settings.alerts_a_week,
    )


def _put_found(
    work: Work, watched: Sequence[Watched], start: datetime, end: datetime, new_h: int
) -> tuple[int, bool]:
    """The rows, and whether somebody is to be called: also about what was found before and could not be told."""
    with work.writing() as writer:
        known = writer.recent_incidents(end - _OPEN_FOR, end - _JUDGED_FOR, work.settings.incidents_known_max)
        assessed = assess(
            watched, hour_number(start), new_h, [past_of(one) for one in known], rules_of(work.settings)
        )
        found = found_of(assessed, work.tenant, known, work.now)
        rows = writer.put_incidents(found.incidents)
        rows += writer.replace_anomalies(end - new_h * HOUR, found.anomalies)
        return rows, bool(writer.not_alerted(1))


def _new_hours(last_done: datetime | None, end: datetime, settings: JobSettings) -> int:
    """Those that came since, and the newest of those before again."""
    if last_done is None:
        return _FIRST_H
    missed = max(0, hour_number(end) - hour_number(last_done))
    return min(missed + settings.score_again_h, settings.score_hours_max)
