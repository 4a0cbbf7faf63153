"""The suites of detectors: NAB's and the cloud's files in, figures out, at fixed or at default thresholds."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from analytics_hub.backtests import cloud, nab
from analytics_hub.domain.errors import InvalidInput, NotFound
from models.ports import Floats


class High:
    """Reports values of 100 and more."""

    name = "high"
    threshold = 0.5

    def scores(self, values: Floats, season: int) -> Floats:  # noqa: ARG002
        return np.where(np.nan_to_num(values) >= 100, 0.75, 0.0)


def quiet(done: int, total: int) -> None:
    assert 0 <= done < total


def corpus(folder: Path, *places: int, window: tuple[int, int] = (40, 49)) -> Path:
    """A file of 100 values five minutes apart, high at these places, one window, and a file of no anomaly."""
    (folder / "data/real").mkdir(parents=True)
    times = [f"2014-04-01 {number // 12:02}:{number % 12 * 5:02}:00" for number in range(100)]
    for name, high in (("a.csv", places), ("b.csv", ())):
        rows = [f"{time},{100 if number in high else 1}" for number, time in enumerate(times)]
        (folder / "data/real" / name).write_text("timestamp,value\n" + "\n".join(rows) + "\n")
    windows = folder / "combined_windows.json"
    ends = [f"{times[place]}.000000" for place in window]
    windows.write_text(json.dumps({"real/a.csv": [ends], "real/b.csv": [], "elsewhere/c.csv": []}))
    return windows


def test_a_perfect_detector_scores_a_hundred_in_every_profile(tmp_path: Path) -> None:
    report = nab.run([High()], tmp_path, corpus(tmp_path, 40), quiet)
    figures = report.models["high"]
    assert [round(figures[name], 6) for name in ("standard", "low_fp", "low_fn")] == [100, 100, 100]
    assert figures["standard_threshold"] == 0.75


def test_only_files_that_are_there_count(tmp_path: Path) -> None:
    report = nab.run([High()], tmp_path, corpus(tmp_path, 40), quiet)
    assert (report.protocol["files"], report.protocol["windows"]) == (2, 1)


def test_the_default_threshold_is_scored_beside_the_best(tmp_path: Path) -> None:
    figures = nab.run([High()], tmp_path, corpus(tmp_path, *range(60, 80)), quiet).models["high"]
    assert figures["standard"] == 0
    assert figures["standard_threshold"] == math.inf
    assert figures["standard_at_default"] < 0


def two_folders(folder: Path, *places: int) -> Path:
    """As `corpus`, and a second folder with a window at the same rows and one higher value in it."""
    windows = corpus(folder, *places)
    (folder / "data/other").mkdir()
    text = (folder / "data/real/a.csv").read_text().replace("03:20:00,100", "03:20:00,1000")
    (folder / "data/other/d.csv").write_text(text)
    labels = json.loads(windows.read_text())
    windows.write_text(json.dumps({**labels, "other/d.csv": labels["real/a.csv"]}))
    return windows


class Logarithm(High):
    """Higher values are odder."""

    def scores(self, values: Floats, season: int) -> Floats:  # noqa: ARG002
        return np.log10(values) / 10


def test_a_folder_left_out_is_scored_at_the_threshold_of_the_others(tmp_path: Path) -> None:
    windows = two_folders(tmp_path, 40)
    assert (tmp_path / "data/other/d.csv").read_text().count(",1000") == 1
    figures = nab.run([Logarithm()], tmp_path, windows, quiet).models["high"]
    assert figures["standard"] == pytest.approx(100)
    # The other folder alone would choose 1,000, which the first one never reaches: half of all windows
    assert figures["standard_left_out"] == pytest.approx(50)


def test_one_folder_alone_has_no_others_to_choose_a_threshold_on(tmp_path: Path) -> None:
    assert math.isnan(
        nab.run([High()], tmp_path, corpus(tmp_path, 40), quiet).models["high"]["standard_left_out"]
    )


def test_the_ensemble_is_the_headline_where_it_runs(tmp_path: Path) -> None:
    class Named(High):
        name = nab.HEADLINE

    windows = corpus(tmp_path, 40)
    assert nab.run([High(), Named()], tmp_path, windows, quiet).headline == nab.HEADLINE
    assert nab.run([High()], tmp_path, windows, quiet).headline == "high"


def test_five_minutes_make_a_season_of_288(tmp_path: Path) -> None:
    assert {one.season for one in nab.read_corpus(tmp_path, corpus(tmp_path)).values()} == {288}


def test_a_window_without_its_rows_is_refused(tmp_path: Path) -> None:
    windows = corpus(tmp_path)
    windows.write_text(json.dumps({"real/a.csv": [["2014-04-01 00:01:00", "2014-04-01 00:05:00"]]}))
    with pytest.raises(InvalidInput) as refused:
        nab.read_corpus(tmp_path, windows)
    assert refused.value.code == "no_such_row"


@pytest.mark.parametrize(
    ("text", "code"), [("{", "bad_json"), ("[]", "bad_windows"), ('{"a": 1}', "bad_windows")]
)
def test_windows_of_another_form_are_refused(tmp_path: Path, text: str, code: str) -> None:
    windows = tmp_path / "w.json"
    windows.write_text(text)
    with pytest.raises(InvalidInput) as refused:
        nab.read_corpus(tmp_path, windows)
    assert refused.value.code == code


def test_a_folder_without_the_files_is_named(tmp_path: Path) -> None:
    windows = corpus(tmp_path)
    with pytest.raises(NotFound, match="has none of the files"):
        nab.read_corpus(tmp_path / "data/real", windows)


def cloud_file(folder: Path, rows: list[tuple[int, float, int]], step_s: int = 3600) -> Path:
    lines = [
        f"{np.datetime64('2018-07-03T00:00:00') + np.timedelta64(place * step_s)}Z,{value},{label}"
        for place, value, label in rows
    ]
    path = folder / "app-01.csv"
    path.write_text("\n".join(["TimeStamp,Value,Label", *lines]) + "\n")
    return path


def hours(high: set[int], labelled: set[int], length: int = 48) -> list[tuple[int, float, int]]:
    return [(place, 100.0 if place in high else 1.0, int(place in labelled)) for place in range(length)]


def test_whole_events_are_counted(tmp_path: Path) -> None:
    # events 5-6, 20, 30-32; reports 6-7, 21, 40: the second is an hour late, the third wrong
    path = cloud_file(tmp_path, hours({6, 7, 21, 40}, {5, 6, 20, 30, 31, 32}))
    report = cloud.run([High()], [path], quiet)
    figures = report.models["high"]
    assert (report.protocol["events"], figures["reports"]) == (3, 3)
    assert (figures["precision"], figures["recall"], figures["f1"]) == (2 / 3, 2 / 3, 2 / 3)
    assert figures["delay_h"] == 1


def test_a_file_of_minutes_is_left_out(tmp_path: Path) -> None:
    path = cloud_file(tmp_path, hours({6}, {6}), step_s=60)
    assert cloud.read_series(path) is None
    with pytest.raises(NotFound, match="a value an hour"):
        cloud.run([High()], [path], quiet)


def test_a_missing_hour_is_a_gap_and_doubles_are_one(tmp_path: Path) -> None:
    rows = [(5, 2.0, 1), (0, 1.0, 0), (1, 1.0, 0), (3, 1.0, 0), (4, 1.0, 0), (5, 4.0, 0)]
    series = cloud.read_series(cloud_file(tmp_path, rows))
    assert series is not None
    assert np.array_equal(series.values, [1, 1, math.nan, 1, 1, 3], equal_nan=True)
    assert series.labels.tolist() == [False] * 5 + [True]


def test_the_files_of_a_folder_are_found_below_it(tmp_path: Path) -> None:
    (tmp_path / "apps").mkdir()
    path = cloud_file(tmp_path / "apps", hours(set(), set()))
    assert cloud.csv_files(tmp_path) == [path]
    with pytest.raises(NotFound, match="no CSV files"):
        cloud.csv_files(tmp_path / "apps" / "none")
