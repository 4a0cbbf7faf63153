"""Which groups come first, where their sums are at hand. `build_sums.py` says the same to the database. Pure.

In: the sums of every group, an order. Out: the groups, the best first.
"""

from collections.abc import Mapping
from fractions import Fraction

from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.usage import Order
from analytics_hub.query.values import amount_of, ratio

_Group = tuple[str, ...]


def ranked(sums: Mapping[_Group, Mapping[str, int]], order: Order) -> list[_Group]:
    """Groups by the metric of the order, None last, ties by name: bytewise, as the code points of UTF-8 ascend."""
    scores = {group: _score(order, amounts) for group, amounts in sums.items()}
    known = sorted(group for group, score in scores.items() if score is not None)
    known.sort(key=lambda group: scores[group] or 0, reverse=order.descending)
    return [*known, *sorted(group for group, score in scores.items() if score is None)]


def _score(order: Order, sums: Mapping[str, int]) -> Fraction | int | None:
    metric = METRICS[order.metric]
    return ratio(metric, sums) if metric.per else amount_of(metric, sums)
