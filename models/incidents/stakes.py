"""What an incident cost or kept from being earned, what was expected instead, and which values explain the change.

In: a `Table`, what was expected, an incident's kind, place and columns. Out: sums and shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.incidents.oddness import Oddness
from models.incidents.ports import COST, ERRORS, LATENCY, REQUESTS, Kind, Share
from models.incidents.table import TENANT, Place, Table
from models.ports import Floats

_SHARES_MAX = 5
_LIFT_MIN = 0.1
"""A value that always had nearly everything explains nothing."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Looks up rows by metric and place; `first` is the column of the table where the expected values begin."""

    table: Table
    odd: Oddness

    @property
    def first(self) -> int:
        return self.table.length - int(self.odd.up.shape[1])

    def row(self, metric: str, place: Place) -> int | None:
        for number, row in enumerate(self.table.rows):
            if row.metric == metric and row.place == place:
                return number
        return None

    def sums(self, metric: str, place: Place) -> tuple[Floats, Floats, Floats] | None:
        """Observed, expected, and what they are weighted with, by hour; of money the sums, not what a request costs."""
        number = self.row(metric, place)
        if number is None:
            return None
        expected = self.odd.expected[number]
        row = self.table.rows[number]
        ones = np.ones_like(expected)
        if row.form == "sum":
            return self.table.values[number, self.first :], expected, ones
        if metric == COST and place in self.table.cost:
            asked = self.row(REQUESTS, place)
            wanted = expected if asked is None else expected * self.odd.expected[asked]
            return self.table.cost[place][self.first :], wanted, ones
        weights = self.table.weights[number, self.first :]
        return self.table.values[number, self.first :], expected, np.where(np.isfinite(weights), weights, 1.0)


def observed_and_expected(ledger: Ledger, metric: str, place: Place, inside: slice) -> tuple[float, float]:
    """Sums; of a mean or a share, the weighted mean of the hours that are known."""
    found = ledger.sums(metric, place)
    number = ledger.row(metric, place)
    if found is None or number is None:
        return np.nan, np.nan
    observed, expected, weights = (one[inside] for one in found)
    if ledger.table.rows[number].form == "sum" or metric == COST:
        return float(np.nansum(observed)), float(np.nansum(expected))
    both = ~np.isnan(observed) & ~np.isnan(expected) & (weights > 0)
    if not both.any():
        return np.nan, np.nan
    return (
        float(np.average(observed[both], weights=weights[both])),
        float(np.average(expected[both], weights=weights[both])),
    )


def impact_usd(ledger: Ledger, place: Place, inside: slice) -> float | None:
    money = ledger.sums(COST, place)
    return None if money is None else float(np.nansum((money[0] - money[1])[inside]))


def at_stake_usd(ledger: Ledger, kind: Kind, place: Place, inside: slice) -> float:
    """The money that was spent above the expected, was not spent, or was spent on what failed or waited; NaN where no
    cost is watched.
    """
    money = ledger.sums(COST, place)
    if money is None:
        return np.nan
    spent, wanted, _ = (one[inside] for one in money)
    if kind in ("spike", "cost"):
        return float(np.nansum(np.maximum(spent - wanted, 0)))
    if kind in ("gap", "drop"):
        return float(np.nansum(np.maximum(wanted - np.nan_to_num(spent), 0)))
    moved = ledger.sums(ERRORS if kind == "errors" else LATENCY, place)
    if moved is None:
        return 0.0
    observed, expected, _ = (one[inside] for one in moved)
    if kind == "errors":
        lost = np.maximum(observed - expected, 0)
    else:
        lost = np.maximum(
            1 - np.divide(expected, observed, out=np.ones_like(observed), where=observed > 0), 0
        )
    return float(np.nansum(np.maximum(spent, 0) * lost))


def explained(
    ledger: Ledger, metric: str, inside: slice, place_share_min: float
) -> tuple[Place, Sequence[Share]]:
    """The value that explains most of the tenant's change, if one explains so much of it; and the largest shares."""
    whole = _change(ledger, metric, TENANT, inside)
    if whole is None or not whole[0]:
        return TENANT, ()
    shares: list[Share] = []
    place, best = TENANT, _LIFT_MIN
    for row in ledger.table.rows:
        if row.metric != metric or row.place == TENANT:
            continue
        change, expected = _change(ledger, metric, row.place, inside) or (0.0, 0.0)
        share = change / whole[0]
        shares.append(Share(row.place[0], row.place[1], change, share))
        lift = share - (expected / whole[1] if whole[1] > 0 else 0.0)
        if share >= place_share_min and lift > best:
            place, best = row.place, lift
    shares.sort(key=lambda one: -abs(one.share))
    return place, tuple(shares[:_SHARES_MAX])


def _change(ledger: Ledger, metric: str, place: Place, inside: slice) -> tuple[float, float] | None:
    """The weighted change, and what was expected, as much weighted."""
    found = ledger.sums(metric, place)
    if found is None:
        return None
    observed, expected, weights = (one[inside] for one in found)
    weights = np.where(weights > 0, weights, 0.0)
    filled = np.nan_to_num(expected)
    observed = np.where(np.isnan(observed), filled if metric in (ERRORS, LATENCY) else 0.0, observed)
    return float(np.sum((observed - filled) * weights)), float(np.sum(filled * weights))
