"""Types of the schema whose fields come from a list of the domain, so that a new metric is a new field.

In: names, types and descriptions. Out: strawberry types; their values are mappings by name, the bodies of REST.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

import strawberry

from analytics_hub.api.graphql.scalars import Count, Usd
from analytics_hub.domain.metrics import METRICS, Metric
from analytics_hub.domain.user_usage import USER_METRICS

_T = TypeVar("_T")

Fields = Mapping[str, tuple[object, str]]
"""Type and description by name."""


def shape(made: type[_T]) -> type[_T]:
    """Decorates a class: a type of the schema, described by the docstring of the class."""
    return strawberry.type(made, description=made.__doc__)


def typed(fields: Fields) -> Callable[[type[_T]], type[_T]]:
    """Decorates an empty class: a type with these fields."""

    def filled(made: type[_T]) -> type[_T]:
        made.__annotations__ = {name: kind for name, (kind, _) in fields.items()}
        for name, (_, description) in fields.items():
            setattr(made, name, strawberry.field(description=description or None))
        return shape(made)

    return filled


def _scalar(metric: Metric) -> object:
    """Sums are there for every bucket; what is divided, or read from a sketch, may have nothing to be made of."""
    scalar = {"count": Count, "usd": Usd}.get(metric.unit, float)
    return scalar | None if metric.per or metric.sketch else scalar


def _fields(names: Iterable[str]) -> Fields:
    return {name: (_scalar(METRICS[name]), f"{METRICS[name].help}; {METRICS[name].unit}") for name in names}


@typed(_fields(METRICS))
class Metrics:
    """Every metric by name. Those that are selected are those that are asked; see docs/query.md."""


@typed(_fields(USER_METRICS))
class UserMetrics:
    """Every metric that is known by end-user. Those that are selected are those that are asked."""


METRIC_TYPES: Final = ("Metrics", "UserMetrics")
"""A field of these is a metric."""
