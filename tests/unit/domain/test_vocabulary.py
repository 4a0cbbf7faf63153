"""The vocabulary of the domain is that of the core and of itself: lists that are written twice are
compared.
"""

import inspect
from typing import get_args

import rust_core
from analytics_hub.domain import errors, series
from analytics_hub.domain.errors import HubError
from analytics_hub.domain.incident import WATCHED_METRICS, IncidentKind
from analytics_hub.domain.metrics import METRICS, METRICS_DEFAULT
from analytics_hub.domain.series import (
    COST_COLUMNS,
    DERIVED_COLUMNS,
    DIMENSIONS,
    SKETCH_COLUMNS,
    STATUSES,
    SUM_COLUMNS,
    TOKEN_COLUMNS,
)
from models.incidents import ports


def test_the_lists_are_those_of_the_core() -> None:
    assert tuple(rust_core.TOKEN_COLUMNS) == TOKEN_COLUMNS
    assert tuple(rust_core.COST_COLUMNS) == COST_COLUMNS
    assert tuple(rust_core.STATUSES) == STATUSES
    assert [name for name in rust_core.SERIES_COLUMNS if name in DIMENSIONS] == list(DIMENSIONS)
    measures = [name for name in rust_core.DELTA_COLUMNS if name in SUM_COLUMNS or name in SKETCH_COLUMNS]
    assert measures == [*SUM_COLUMNS, *SKETCH_COLUMNS]


def test_every_sum_is_the_part_of_some_metric() -> None:
    used = {column for metric in METRICS.values() for column in metric.columns}
    assert used == set(SUM_COLUMNS) | set(DERIVED_COLUMNS)
    assert {metric.sketch for metric in METRICS.values() if metric.sketch} == set(SKETCH_COLUMNS)
    assert set(METRICS_DEFAULT) < set(METRICS)


def test_findings_are_of_what_the_models_watch() -> None:
    assert ports.METRICS == WATCHED_METRICS
    assert get_args(ports.Kind) == tuple(kind.value for kind in IncidentKind)


def test_names_say_their_unit() -> None:
    for metric in METRICS.values():
        assert metric.name.endswith("_usd") is (metric.unit == "usd"), metric.name
        assert metric.name.endswith("_ms") is (metric.unit == "ms"), metric.name


def test_the_tree_of_errors_is_drawn_whole() -> None:
    kinds = [
        name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, HubError)
    ]
    assert all(kind in (errors.__doc__ or "") for kind in kinds)


def test_a_tag_can_never_be_mistaken_for_a_dimension() -> None:
    assert not [name for name in DIMENSIONS if name.startswith(series.TAG_PREFIX)]
