"""Files of strangers are read with the place of every fault, and put on an even grid."""

import math
from pathlib import Path

import numpy as np
import pytest

from analytics_hub.backtests.files import columns_of, file_of, folder_of, moment, number, rows_of
from analytics_hub.backtests.grid import on_grid, usual_step_s
from analytics_hub.domain.errors import InvalidInput, NotFound

PATH = Path("a.csv")


def written(folder: Path, text: str) -> Path:
    path = folder / "a.csv"
    path.write_text(text)
    return path


def test_columns_are_found_by_name_in_any_order_and_case(tmp_path: Path) -> None:
    path = written(tmp_path, "Label,more,timestamp\n1,x,2020\n\n0,y,2021\n")
    assert list(columns_of(path, ("TimeStamp", "label"))) == [(2, ["2020", "1"]), (4, ["2021", "0"])]


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty_file"), ("a,b\n1,2\n", "no_such_column"), ("a,c\n1\n", "short_row")]
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        list(columns_of(written(tmp_path, text), ("a", "c")))
    assert refused.value.code == code


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInput, match="cannot be read"):
        rows_of(path)


def test_a_number_that_is_none_names_its_line() -> None:
    with pytest.raises(InvalidInput) as refused:
        number("twelve", PATH, 7)
    assert (refused.value.code, refused.value.field) == ("bad_number", "a.csv:7")


@pytest.mark.parametrize("text", ["", " ", "NA", "nan", "inf", "-inf", "1e999"])
def test_what_is_not_a_finite_number_is_not_known(text: str) -> None:
    assert math.isnan(number(text, PATH, 1))


@pytest.mark.parametrize("text", ["2018-04-25T00:00:00Z", "2018-04-25 00:00:00", "2018-04-25T02:00:00+02:00"])
def test_a_time_is_taken_as_utc_where_no_zone_is_said(text: str) -> None:
    assert moment(text, PATH, 1).timestamp() == 1_524_614_400


def test_a_time_that_is_none_names_its_line() -> None:
    with pytest.raises(InvalidInput) as refused:
        moment("yesterday", PATH, 3)
    assert (refused.value.code, refused.value.field) == ("bad_time", "a.csv:3")


def test_what_is_missing_is_named_with_the_option_that_names_another(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nab is not there; --data FOLDER"):
        folder_of(tmp_path, "nab")
    with pytest.raises(NotFound, match=r"--train FILE"):
        file_of(tmp_path / "none.csv", "--train")


def test_values_in_any_order_stand_in_order_with_gaps_and_doubles() -> None:
    grid = on_grid(np.array([40.0, 0, 10, 10, 50]), np.array([3.0, 0, 1, 2, math.nan]), 100)
    assert (grid.step_s, grid.first_s) == (10.0, 0.0)
    assert np.array_equal(grid.values, [0, 1.5, math.nan, math.nan, 3, math.nan], equal_nan=True)


def test_a_grid_of_hours_has_a_season_of_a_day() -> None:
    assert on_grid(np.array([0.0, 3600, 7200, 10_800]), np.ones(4), 100).season == 24


def test_nothing_makes_an_empty_grid() -> None:
    assert len(on_grid(np.empty(0), np.empty(0), 100).values) == 0
    assert usual_step_s(np.array([5.0])) == 86_400


def test_a_moment_far_away_does_not_cost_all_memory() -> None:
    with pytest.raises(InvalidInput) as refused:
        on_grid(np.array([0.0, 1, 2, 1e15]), np.ones(4), 1000)
    assert refused.value.code == "span_too_long"
