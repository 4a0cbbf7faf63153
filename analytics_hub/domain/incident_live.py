"""Incidents that are watched, as values: what is watched, and the messages that a watcher gets.

The messages of a stream are one `IncidentsSnapshot`, unless the watcher has that state already, then
`IncidentsChange`s, and one `LiveEnd` (`live.py`), which says why. How they come about is in
`analytics_hub/query/incident_feed.py`.
"""

from dataclasses import dataclass
from enum import StrEnum

from analytics_hub.domain.incident import Incident
from analytics_hub.domain.live import LiveEnd
from analytics_hub.domain.tenant import TenantId


@dataclass(frozen=True, slots=True)
class IncidentWatch:
    """The newest incidents of a tenant. `seen`: the state that the watcher has, as an earlier message called it."""

    tenant: TenantId
    seen: str | None = None


class Turn(StrEnum):
    """What became of an incident."""

    NEW = "new"
    CHANGED = "changed"
    """It goes on, costs more, or somebody said something of it."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class IncidentsSnapshot:
    """Newest first. `state` names it: whoever comes back with it is told what has changed since."""

    incidents: tuple[Incident, ...]
    state: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class IncidentsChange:
    """What differs from what was said before, oldest first. `state` names what the watcher has then."""

    turns: tuple[tuple[Turn, Incident], ...]
    state: str


IncidentsUpdate = IncidentsSnapshot | IncidentsChange
IncidentsMessage = IncidentsUpdate | LiveEnd
