"""Statements by name, with the lists of columns written out."""

import pytest

from analytics_hub.domain.series import DIMENSIONS, SKETCH_COLUMNS, SUM_COLUMNS
from analytics_hub.storage.statements import expanded, script, statements
from rust_core import DELTA_COLUMNS

MEASURES = (*SUM_COLUMNS, *SKETCH_COLUMNS)


def test_the_measures_are_the_columns_of_a_delta_after_its_keys() -> None:
    written = expanded("{{measures}}").split(", ")
    assert tuple(written) == tuple(name for name in DELTA_COLUMNS if name in MEASURES) == MEASURES


def test_the_measures_of_one_table_carry_its_name() -> None:
    assert expanded("{{h.measures}}").split(", ") == [f"h.{name}" for name in MEASURES]


def test_a_sum_has_the_type_and_the_name_of_its_column() -> None:
    sums = expanded("{{sums}}").split(", ")
    assert "sum(latency_count)::int8 AS latency_count" in sums
    assert "sum(latency_us_sum) AS latency_us_sum" in sums
    assert "sum(cost_other_pico_usd) AS cost_other_pico_usd" in sums
    assert [one.rpartition(" AS ")[2] for one in sums if " AS " in one] == list(MEASURES)


def test_the_facets_are_the_dimensions_and_none() -> None:
    assert expanded("{{facets}}") == ", ".join(f"'{name}'" for name in ("", *DIMENSIONS))


@pytest.mark.parametrize("text", ["{{measure}}", "{{h.sums}}"])
def test_a_list_that_is_not_known_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="no list of columns"):
        expanded(text)


def test_a_statement_comes_with_its_lists_and_a_script_as_it_is() -> None:
    assert "{{measures}}" in script("closer_hours")
    insert = statements("closer_hours")["insert_hours"]
    assert f"(tenant_id, bucket, series_id, {', '.join(MEASURES)})" in insert
