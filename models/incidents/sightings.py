"""Which of the scored hours are findings: odd enough, and enough of a change to matter.

In: a `Table`, its `Oddness`, thresholds by row. Out: `Sighting`s by column, a column an hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from models.incidents.oddness import Oddness
from models.incidents.ports import REQUESTS
from models.incidents.rules import Rules
from models.incidents.table import Table
from models.ports import Floats

Direction: TypeAlias = Literal["up", "lasting", "down", "gap"]
DETECTORS: Final[Mapping[Direction, str]] = {
    "up": "same_hour",
    "down": "same_hour",
    "lasting": "level_shift",
    "gap": "gap",
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """`times`: how many times its threshold, without what feedback made of it. `alone`: enough to begin an incident;
    else enough to go on with one.
    """

    row: int
    direction: Direction
    times: float
    alone: bool

    @property
    def detector(self) -> str:
        return DETECTORS[self.direction]


def sightings(table: Table, odd: Oddness, factors: Floats, rules: Rules) -> Mapping[int, list[Sighting]]:
    """`factors` make the threshold of each row higher or lower."""
    first = table.length - odd.up.shape[1]
    values = table.values[:, first:]
    change = np.abs(values - odd.expected)
    large = ~(change < rules.floor_share * np.abs(odd.expected))
    failed = change >= rules.failures_min / np.maximum(table.weights[:, first:], 1)
    large &= failed | ~table.of_form("share")[:, None]
    sums = table.of_form("sum")[:, None]
    asked = table.of_metric(REQUESTS)[:, None]
    gaps = np.where(sums, odd.missing / rules.missing, 0)
    ups = np.where(large, odd.up / rules.deviations, 0)
    lasting = np.where(large, odd.lasting / rules.deviations, 0)
    downs = np.where(large & asked & ~(odd.missing > 0), odd.down / rules.deviations, 0)
    by_direction: tuple[tuple[Direction, Floats], ...] = (
        ("gap", rules.sensitivity * gaps),
        ("up", rules.sensitivity * ups),
        ("lasting", rules.sensitivity * np.where(ups > factors[:, None], 0, lasting)),
        ("down", rules.sensitivity * downs),
    )
    found: dict[int, list[Sighting]] = {}
    for direction, times in by_direction:
        for row, column in np.argwhere(times > rules.going_on * factors[:, None]):
            size = float(times[row, column])
            one = Sighting(int(row), direction, size, bool(size > factors[row]))
            found.setdefault(int(column), []).append(one)
    return found
