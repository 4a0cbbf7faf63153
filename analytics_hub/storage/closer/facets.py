"""Facets: hours and days along one dimension, or none, and the gaps where there is no facet.

In: the bounds of hours or of a day whose rows by series this transaction has written. Out: the tables hold them. An
hour in which a dimension has more than `facet_values_max` values gets a gap instead; its day then has no facet of it
either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from analytics_hub.storage.closer.copying import Replacement, replace_rows
from analytics_hub.storage.closer.limits import CloserLimits
from analytics_hub.storage.statements import statements

_SQL = statements("closer_facets")
_DAYS = statements("closer_days")
HOUR_FACETS: Final = Replacement(
    _SQL["sum_hour_facets"], _SQL["delete_hour_facets"], _SQL["insert_hour_facets"], key_columns=4
)
DAY_FACETS: Final = Replacement(
    _DAYS["sum_day_facets"], _DAYS["delete_day_facets"], _DAYS["insert_day_facets"], key_columns=4
)


@dataclass(frozen=True, slots=True)
class FacetRule:
    """How many series the tenant has, and the dimensions that may have too many values for a facet."""

    series: int
    wide: tuple[str, ...]
    values_max: int


def facet_rule(conn: psycopg.Connection[Any], args: Mapping[str, Any], limits: CloserLimits) -> FacetRule:
    row = conn.execute(_SQL["count_series"], args).fetchone()
    series, values_max = row[0] if row else 0, limits.facet_values_max
    if series < values_max:
        return FacetRule(series, (), values_max)
    wide = conn.execute(_SQL["wide_dimensions"], {"values_max": values_max, **args})
    return FacetRule(series, tuple(dimension for (dimension,) in wide), values_max)


def close_hour_facets(
    conn: psycopg.Connection[Any], bounds: Mapping[str, Any], rule: FacetRule, bytes_max: int
) -> None:
    conn.execute(_SQL["delete_gaps"], bounds)
    if rule.wide:
        conn.execute(_SQL["insert_gaps"], {"wide": list(rule.wide), "values_max": rule.values_max, **bounds})
    replace_rows(conn, HOUR_FACETS, bounds, bytes_max)


def close_day_facets(conn: psycopg.Connection[Any], bounds: Mapping[str, Any], bytes_max: int) -> None:
    replace_rows(conn, DAY_FACETS, bounds, bytes_max)
