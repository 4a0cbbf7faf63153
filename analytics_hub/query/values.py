"""From sums to metric values in their outward form. Quantiles are read from merged sketches in the Rust core.

In: sums and sketches by column. Out: integers for counts, exact decimal strings for money, floats for ratios
and milliseconds, None where there is nothing to divide by. What each metric is made of stands in
`analytics_hub/domain/metrics.py`. All rows of a column are worked out at once: an answer has thousands of points.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import repeat
from operator import add, mul, sub

import rust_core
from analytics_hub.domain.answer import Value
from analytics_hub.domain.metrics import METRICS, Metric
from analytics_hub.domain.money import usd_from_pico
from analytics_hub.query.measures import Columns, Measures

_US_PER_MS = 1000
# A sketch is good to 2 %, a mean to the microsecond: more places would only pretend.
_MS_PLACES = 3
_RATIO_PLACES = 6
_PLACES = {"ms": _MS_PLACES, "per_s": _MS_PLACES, "ratio": _RATIO_PLACES}

Sums = Mapping[str, int]


def values(metrics: Sequence[str], measures: Measures) -> dict[str, Value]:
    """The values of the named metrics, in the order asked."""
    row = Columns(
        1,
        {column: (amount,) for column, amount in measures.sums.items()},
        {column: (sketch,) for column, sketch in measures.sketches.items()},
    )
    return {name: column[0] for name, column in value_columns(metrics, row).items()}


def value_columns(metrics: Sequence[str], rows: Columns) -> dict[str, Sequence[Value]]:
    """The same of many rows."""
    formulas, percentiles = _compiled(tuple(metrics))
    found = {name: formula(rows) for name, formula in formulas}
    if percentiles:
        found |= _quantiles(percentiles, rows)
    return found


@cache
def _compiled(
    names: tuple[str, ...],
) -> tuple[list[tuple[str, Callable[[Columns], Sequence[Value]]]], list[Metric]]:
    """How each is made of sums, and those that are not."""
    metrics = [METRICS[name] for name in names]
    return [(one.name, _formula(one)) for one in metrics], [one for one in metrics if one.sketch]


def _formula(metric: Metric) -> Callable[[Columns], Sequence[Value]]:
    if metric.sketch:
        return _not_yet
    if metric.per:
        return lambda rows: _divided(metric, rows)
    if metric.unit == "usd":
        return lambda rows: [usd_from_pico(pico) for pico in _amounts(metric, rows)]
    return lambda rows: _amounts(metric, rows)


def _not_yet(_rows: Columns) -> Sequence[Value]:
    """Holds the place of a percentile in the order asked."""
    return ()


def _divided(metric: Metric, rows: Columns) -> list[Value]:
    quotient = _QUOTIENTS.get(metric.unit, _rounded)
    pairs = zip(_above(metric, rows), _below(metric, rows), strict=True)
    return [quotient(metric, above, below) if below else None for above, below in pairs]


def _rounded(metric: Metric, above: int, below: int) -> float:
    return round(above / below * metric.scale, _PLACES[metric.unit])


def _usd(metric: Metric, above: int, below: int) -> str:
    return usd_from_pico(round(Fraction(above * int(metric.scale), below)))  # half-even, and exact before


_QUOTIENTS: dict[str, Callable[[Metric, int, int], Value]] = {"usd": _usd}


def _above(metric: Metric, rows: Columns) -> Iterable[int]:
    amounts = _amounts(metric, rows)
    return map(mul, amounts, _added(metric.times, rows)) if metric.times else amounts


def _below(metric: Metric, rows: Columns) -> Iterable[int]:
    whole = _added(metric.per, rows)
    return map(mul, whole, _added(metric.also_per, rows)) if metric.also_per else whole


def _amounts(metric: Metric, rows: Columns) -> Sequence[int]:
    added = _added(metric.add, rows)
    return list(map(sub, added, _added(metric.subtract, rows))) if metric.subtract else added


def _added(columns: tuple[str, ...], rows: Columns) -> Sequence[int]:
    nothing = (0,) * rows.count
    whole, *others = [rows.sums.get(column, nothing) for column in columns] or [nothing]
    for other in others:
        whole = list(map(add, whole, other))
    return whole


def amount_of(metric: Metric, sums: Sums) -> int:
    """What is added, less what is subtracted."""
    return _total(metric.add, sums) - _total(metric.subtract, sums)


def ratio(metric: Metric, sums: Sums) -> Fraction | None:
    """What a metric with `per` is before its scale; None over nothing."""
    whole = _total(metric.per, sums) * (_total(metric.also_per, sums) if metric.also_per else 1)
    if not whole:
        return None
    return Fraction(amount_of(metric, sums) * (_total(metric.times, sums) if metric.times else 1), whole)


def _total(columns: tuple[str, ...], sums: Sums) -> int:
    return sum(sums.get(column, 0) for column in columns)


def _quantiles(metrics: list[Metric], rows: Columns) -> dict[str, Sequence[Value]]:
    """One pass over each sketch for all of its percentiles."""
    found: dict[str, Sequence[Value]] = {}
    for sketch in {metric.sketch for metric in metrics}:
        asked = [metric for metric in metrics if metric.sketch == sketch]
        wanted = [metric.quantile for metric in asked]
        blobs = rows.sketches.get(sketch) or repeat(b"", rows.count)
        micros = [rust_core.sketch_quantiles(blob, wanted) for blob in blobs]
        for at, metric in enumerate(asked):
            found[metric.name] = [_ms(row[at]) for row in micros]
    return found


def _ms(micros: float | None) -> float | None:
    return None if micros is None else round(micros / _US_PER_MS, _MS_PLACES)
