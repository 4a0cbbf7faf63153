"""An incident while it is being found: it takes sightings hour by hour, and says which ones are its own.

In: sightings of an hour, past incidents. Out: a `Story`, which `assess` turns into what it answers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from models.incidents.ports import COST, ERRORS, LATENCY, REQUESTS, TOKENS, TOKENS_SUM, Kind, PastIncident
from models.incidents.rules import Rules
from models.incidents.sightings import Sighting
from models.incidents.table import TENANT, Place, Table

_KINDS: Final[Sequence[Kind]] = ("gap", "spike", "cost", "errors", "latency", "drop")
"""Of several, the first one names the incident: what follows from it comes later here."""
_UP: Final[dict[str, Kind]] = {
    REQUESTS: "spike",
    COST: "cost",
    TOKENS: "cost",
    TOKENS_SUM: "cost",
    ERRORS: "errors",
    LATENCY: "latency",
}


@dataclass(slots=True)
class Story:
    key: str
    kind: Kind
    metric: str
    place: Place
    began: int
    last: int
    told: int | None = None
    at_stake_usd: float = math.nan
    metrics: list[str] = field(default_factory=list)
    detectors: list[str] = field(default_factory=list)
    known_before: bool = False
    touched: bool = False
    """Changed by the hours that are scored now."""

    def takes(self, group: "Group", hour: int, rules: Rules) -> bool:
        """The same, going on: near enough in time and place, of the same kind or of what it brought with it. Late
        events may show that it had begun earlier.
        """
        earliest = self.began - (rules.merge_gap_h if self.known_before else 0)
        if not earliest <= hour <= self.last + rules.merge_gap_h or hour - self.began >= rules.longest_h:
            return False
        if self.place[0] == group.place[0] and self.place != group.place:
            return False
        stopped = {"gap", "drop"}
        alike = group.kind == self.kind or {group.kind, self.kind} <= stopped
        return alike or hour - self.began <= rules.merge_gap_h

    def goes_on_with(self, group: "Group", hour: int, rules: Rules) -> bool:
        """As `takes`, for what would not be enough to begin with: of the same metric and kind, and where it is."""
        near = group.place in (TENANT, self.place) or self.place == TENANT
        return (
            near
            and hour >= self.began
            and group.metric in self.metrics
            and group.kind == self.kind
            and self.takes(group, hour, rules)
        )

    def add(self, group: "Group", hour: int, rules: Rules) -> None:
        self.began, self.last = min(self.began, hour), max(self.last, hour)
        self.touched = True
        if hour - self.began <= rules.merge_gap_h and _KINDS.index(group.kind) < _KINDS.index(self.kind):
            self.kind, self.metric = group.kind, group.metric
        self.metrics += [one for one in group.metrics if one not in self.metrics]
        self.detectors += [one for one in group.detectors if one not in self.detectors]

    def likeness(self, group: "Group", hour: int) -> tuple[bool, bool, bool, int]:
        """Of several that take it, the greatest is meant."""
        return self.began <= hour, self.kind == group.kind, self.place == group.place, self.began

    def has_ended(self, hour: int, rules: Rules) -> bool:
        return hour - self.last >= rules.merge_gap_h or hour - self.began >= rules.longest_h


@dataclass(frozen=True, slots=True)
class Group:
    """The sightings of one hour that belong together."""

    place: Place
    kind: Kind
    metric: str
    metrics: Sequence[str]
    detectors: Sequence[str]
    sightings: Sequence[Sighting]


def story_of(past: PastIncident) -> Story:
    kind: Kind = next((one for one in _KINDS if one == past.kind), "spike")
    return Story(
        past.key,
        kind,
        past.metric,
        (past.dimension, past.value),
        past.began,
        past.last,
        past.told,
        past.at_stake_usd,
        list(past.metrics),
        list(past.detectors),
        known_before=True,
    )


def groups_of(table: Table, seen: Sequence[Sighting]) -> list[Group]:
    """Everything together when the whole tenant moved; else by the values of the dimension that moved most."""
    places = list(dict.fromkeys(table.rows[one.row].place for one in seen))
    if TENANT in places or len(places) == 1:
        return [group_of(table, TENANT if TENANT in places else places[0], seen)]
    largest = max(seen, key=lambda one: one.times)
    dimension = table.rows[largest.row].place[0]
    of_dimension = [place for place in places if place[0] == dimension]
    main = table.rows[largest.row].place
    groups = []
    for place in of_dimension:
        own = [one for one in seen if table.rows[one.row].place == place]
        if place == main:
            own += [one for one in seen if table.rows[one.row].place[0] != dimension]
        groups.append(group_of(table, place, own))
    return groups


def kind_of(table: Table, one: Sighting) -> Kind:
    if one.direction in ("up", "lasting"):
        return _UP[table.rows[one.row].metric]
    return "gap" if one.direction == "gap" else "drop"


def group_of(table: Table, place: Place, own: Sequence[Sighting]) -> Group:
    first = min(own, key=lambda one: (_KINDS.index(kind_of(table, one)), -one.times))
    return Group(
        place,
        kind_of(table, first),
        table.rows[first.row].metric,
        list(dict.fromkeys(table.rows[one.row].metric for one in own)),
        list(dict.fromkeys(one.detector for one in own)),
        own,
    )
