"""The series of a tenant as one array, a row each, in the form in which they are scored.

In: what is watched. Out: a `Table`. Money and tokens are divided by the requests of the same place where these are
watched: what a request costs says whether prices or prompts changed, whatever the traffic does, and requests say the
rest. Before its first request a place has no history: zeros there are not known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from models.detectors.lags import bounded
from models.incidents.ports import COST, ERRORS, LATENCY, REQUESTS, TOKENS, TOKENS_SUM, Watched
from models.ports import Flags, Floats

Place: TypeAlias = tuple[str, str]
Form: TypeAlias = Literal["sum", "mean", "share"]

TENANT: Place = ("", "")
_SUMS = (REQUESTS, COST, TOKENS_SUM)
_MEANS = (TOKENS, LATENCY)


@dataclass(frozen=True, slots=True)
class Row:
    metric: str
    place: Place
    form: Form


@dataclass(frozen=True, slots=True)
class Table:
    """`values` and `weights` have a row for each of `rows`; weights are infinite where they are not known. `cost`
    has the sums by place, as they came.
    """

    rows: Sequence[Row]
    values: Floats
    weights: Floats
    cost: dict[Place, Floats]

    @property
    def length(self) -> int:
        return int(self.values.shape[1])

    def of_form(self, form: Form) -> Flags:
        return np.array([row.form == form for row in self.rows], dtype=np.bool_)

    def of_metric(self, metric: str) -> Flags:
        return np.array([row.metric == metric for row in self.rows], dtype=np.bool_)


def table_of(watched: Sequence[Watched]) -> Table:
    """All series are of one length; a series that is not, or of an unknown metric, is a mistake in the program."""
    lengths = {len(one.values) for one in watched}
    if len(lengths) > 1:
        raise ValueError(f"series of one tenant cover the same hours, not {sorted(lengths)}")
    sums = {(one.metric, _place(one)): _sum_of(one.values) for one in watched if one.metric in _SUMS}
    requests = {place: values for (metric, place), values in sums.items() if metric == REQUESTS}
    rows, values, weights = [], [], []
    per_request = {_place(one) for one in watched if one.metric == TOKENS}
    for one in watched:
        if one.metric == TOKENS_SUM and _place(one) in per_request:
            continue  # the same again
        row, row_values, row_weights = _row(one, sums, requests.get(_place(one)))
        rows.append(row)
        values.append(row_values)
        weights.append(row_weights)
    length = lengths.pop() if lengths else 0
    return Table(
        rows,
        np.array(values, dtype=np.float64).reshape(len(rows), length),
        np.array(weights, dtype=np.float64).reshape(len(rows), length),
        {place: one for (metric, place), one in sums.items() if metric == COST},
    )


def _place(one: Watched) -> Place:
    return one.dimension, one.value


def _sum_of(values: Floats) -> Floats:
    """Nothing is known before the first value above 0."""
    array = bounded(values)
    begun = np.flatnonzero(array > 0)
    array[: begun[0] if len(begun) else None] = np.nan
    return array


def _row(
    one: Watched, sums: dict[tuple[str, Place], Floats], requests: Floats | None
) -> tuple[Row, Floats, Floats]:
    place = _place(one)
    endless = np.full(len(one.values), np.inf)
    if one.metric in _SUMS:
        values = sums[one.metric, place]
        if one.metric == REQUESTS or requests is None:
            return Row(one.metric, place, "sum"), values, endless
        asked = np.where(requests > 0, requests, np.nan)
        return Row(one.metric, place, "mean"), values / asked, requests
    if one.metric not in (*_MEANS, ERRORS):
        raise ValueError(f"{one.metric!r} is no metric that incidents are found in")
    weights = one.weights if one.weights is not None else requests
    return (
        Row(one.metric, place, "share" if one.metric == ERRORS else "mean"),
        bounded(one.values),
        endless if weights is None else bounded(weights),
    )
