"""From sums to metric values in their outward form. Quantiles are read from merged sketches in the Rust core.

In: sums by column and sketches. Out: integers for counts, exact decimal strings for money, floats for ratios
and milliseconds, None where there is nothing to divide by. What each metric is made of stands in
`analytics_hub/domain/metrics.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache

import rust_core
from analytics_hub.domain.answer import Value
from analytics_hub.domain.metrics import METRICS, Metric
from analytics_hub.domain.money import usd_from_pico
from analytics_hub.query.measures import Measures

_US_PER_MS = 1000
# A sketch is good to 2 %, a mean to the microsecond: more places would only pretend.
_MS_PLACES = 3
_RATIO_PLACES = 6
_PLACES = {"ms": _MS_PLACES, "per_s": _MS_PLACES, "ratio": _RATIO_PLACES}

Sums = Mapping[str, int]


def values(metrics: Sequence[str], measures: Measures) -> dict[str, Value]:
    """The values of the named metrics, in the order asked."""
    formulas, percentiles = _compiled(tuple(metrics))
    sums = measures.sums
    found = {name: formula(sums) for name, formula in formulas}
    if percentiles:
        found |= _quantiles(percentiles, measures)
    return found


@cache
def _compiled(names: tuple[str, ...]) -> tuple[list[tuple[str, Callable[[Sums], Value]]], list[Metric]]:
    """How each is made of sums, and those that are not: an answer has thousands of points of the same metrics."""
    metrics = [METRICS[name] for name in names]
    return [(one.name, _formula(one)) for one in metrics], [one for one in metrics if one.sketch]


def _formula(metric: Metric) -> Callable[[Sums], Value]:
    if metric.sketch:
        return lambda _sums: None
    if metric.per:
        return lambda sums: _divided(metric, sums)
    column = metric.add[0] if metric.add and not metric.subtract and len(metric.add) == 1 else ""
    amount: Callable[[Sums], int] = (
        (lambda sums: sums.get(column, 0)) if column else (lambda sums: amount_of(metric, sums))
    )
    if metric.unit == "usd":
        return lambda sums: usd_from_pico(amount(sums))
    return amount


def _divided(metric: Metric, sums: Sums) -> Value:
    share = ratio(metric, sums)
    if share is None:
        return None
    if metric.unit == "usd":
        return usd_from_pico(round(share * int(metric.scale)))  # half-even, and exact before
    return round(float(share) * metric.scale, _PLACES[metric.unit])


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


def _quantiles(metrics: list[Metric], measures: Measures) -> dict[str, float | None]:
    """One pass over each sketch for all of its percentiles."""
    found: dict[str, float | None] = {}
    for sketch in {metric.sketch for metric in metrics}:
        asked = [metric for metric in metrics if metric.sketch == sketch]
        blob = measures.sketches.get(sketch, b"")
        micros = rust_core.sketch_quantiles(blob, [metric.quantile for metric in asked])
        for metric, value in zip(asked, micros, strict=True):
            found[metric.name] = None if value is None else round(value / _US_PER_MS, _MS_PLACES)
    return found
