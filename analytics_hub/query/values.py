"""From sums to metric values in their outward form. Quantiles are read from merged sketches in the Rust core.

In: sums by column and sketches. Out: integers for counts, exact decimal strings for money, floats for ratios
and milliseconds, None where there is nothing to divide by. What each metric is made of stands in
`analytics_hub/domain/metrics.py`.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

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


def values(metrics: Iterable[str], measures: Measures) -> dict[str, Value]:
    """The values of the named metrics, in the order asked."""
    names = tuple(metrics)
    quantiles = _quantiles([METRICS[name] for name in names if METRICS[name].sketch], measures)
    return {
        name: quantiles[name] if name in quantiles else _summed(METRICS[name], measures.sums)
        for name in names
    }


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


def _summed(metric: Metric, sums: Mapping[str, int]) -> Value:
    amount = sum(sums.get(column, 0) for column in metric.add)
    amount -= sum(sums.get(column, 0) for column in metric.subtract)
    if not metric.per:
        return usd_from_pico(amount) if metric.unit == "usd" else amount
    share = ratio(metric, amount, sums)
    if share is None:
        return None
    if metric.unit == "usd":
        return usd_from_pico(round(share * int(metric.scale)))  # half-even, and exact before
    return round(float(share) * metric.scale, _PLACES[metric.unit])


def ratio(metric: Metric, amount: int, sums: Mapping[str, int]) -> Fraction | None:
    """What a metric with `per` is before its scale; None over nothing."""
    for column in metric.times:
        amount *= sums.get(column, 0)
    whole = sum(sums.get(column, 0) for column in metric.per)
    if metric.also_per:
        whole *= sum(sums.get(column, 0) for column in metric.also_per)
    return Fraction(amount, whole) if whole else None
