"""The two suites of forecasts: files in, figures out; what is active is decided before the forecast."""

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from analytics_hub.backtests import choice, m4_hourly, servegen
from analytics_hub.backtests.choice import DETECTORS, FORECASTERS, SLOW, detectors, forecasters
from analytics_hub.domain.errors import InvalidInput
from models.detectors.robust_z import RobustZ
from models.forecasters.seasonal_naive import SeasonalNaive
from models.ports import Floats


def quiet(done: int, total: int) -> None:
    assert 0 <= done < total


def m4_file(folder: Path, name: str, rows: dict[str, Floats]) -> Path:
    longest = max(map(len, rows.values()))
    lines = [",".join(f'"V{number + 1}"' for number in range(longest + 1))]
    for key, values in rows.items():
        cells = [str(float(value)) for value in values] + [""] * (longest - len(values))
        lines.append(",".join([f'"{key}"', *cells]))
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def wave(length: int, seed: int = 1) -> Floats:
    noise = np.random.default_rng(seed).normal(0, 1, length)
    return np.round(100 + 50 * np.sin(np.arange(length) * 2 * np.pi / 24) + noise, 3)


def test_series_of_any_length_are_read_without_the_empty_cells(tmp_path: Path) -> None:
    path = m4_file(tmp_path, "train.csv", {"H1": np.array([1.0, 2, 3]), "H2": np.array([4.0])})
    assert {name: values.tolist() for name, values in m4_hourly.read_series(path).items()} == {
        "H1": [1, 2, 3],
        "H2": [4],
    }


def test_without_a_test_file_the_last_two_days_are_it(tmp_path: Path) -> None:
    whole = {"H1": wave(400), "H2": wave(300, 2)}
    train = m4_file(tmp_path, "train.csv", {name: values[:-48] for name, values in whole.items()})
    test = m4_file(tmp_path, "test.csv", {name: values[-48:] for name, values in whole.items()})
    both = m4_file(tmp_path, "both.csv", whole)
    named = m4_hourly.run([SeasonalNaive()], train, test, quiet)
    split = m4_hourly.run([SeasonalNaive()], both, None, quiet)
    assert named.models == split.models
    assert named.models["seasonal_naive"]["owa"] < 1
    assert named.models["seasonal_naive"]["series_scored"] == 2


def test_naive2_is_the_one_that_the_others_are_compared_with(tmp_path: Path) -> None:
    train = m4_file(tmp_path, "train.csv", {"H1": wave(300)})
    assert m4_hourly.run(forecasters(["naive2"]), train, None, quiet).models["naive2"]["owa"] == 1.0


def test_a_series_that_is_too_short_is_left_out_and_counted(tmp_path: Path) -> None:
    train = m4_file(tmp_path, "train.csv", {"H1": wave(300), "H2": wave(20)})
    protocol = m4_hourly.run([SeasonalNaive()], train, None, quiet).protocol
    assert (protocol["series"], protocol["series_left_out"]) == (1, 1)


def test_a_model_that_costs_much_is_scored_on_every_tenth_series(tmp_path: Path) -> None:
    class Costly(SeasonalNaive):
        fits = 1000

    train = m4_file(tmp_path, "train.csv", {f"H{number}": wave(120, number) for number in range(21)})
    found = m4_hourly.run([Costly()], train, None, quiet).models["seasonal_naive"]
    assert found["series_scored"] == 3


def test_the_headline_is_the_combination_where_it_ran(tmp_path: Path) -> None:
    train = m4_file(tmp_path, "train.csv", {"H1": wave(300)})
    report = m4_hourly.run(forecasters(["seasonal_naive", "combination"]), train, None, quiet)
    assert list(report.models) == ["combination", "seasonal_naive"]
    assert report.headline == "combination"
    assert report.models["combination"]["owa"] < report.models["seasonal_naive"]["owa"]


def test_a_constant_series_has_no_scale_and_does_not_spoil_the_means(tmp_path: Path) -> None:
    train = m4_file(tmp_path, "train.csv", {"H1": wave(300), "H2": np.full(300, 5.0)})
    figures = m4_hourly.run([SeasonalNaive()], train, None, quiet).models["seasonal_naive"]
    assert figures["series_scored"] == 1
    assert not math.isnan(figures["owa"])


def test_a_test_series_without_a_training_series_is_named(tmp_path: Path) -> None:
    train = m4_file(tmp_path, "train.csv", {"H1": wave(300)})
    test = m4_file(tmp_path, "test.csv", {"H9": wave(48)})
    with pytest.raises(InvalidInput, match="'H9'"):
        m4_hourly.run([SeasonalNaive()], train, test, quiet)


def rates_file(folder: Path, rows: Sequence[tuple[float, ...]]) -> Path:
    names = ["ts", *(str(number) for number in range(len(rows[0]) - 1))]
    path = folder / "language_small_rate_wide.csv"
    path.write_text("\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def test_windows_of_ten_minutes_become_requests_an_hour(tmp_path: Path) -> None:
    rows = [(600.0 * window, 1.0, float(window)) for window in range(8)]
    hours = servegen.read_hours(rates_file(tmp_path, rows))
    assert hours.tolist() == [[3600.0, 2.5 * 3600]]  # the second hour has two windows only


def test_windows_in_any_order_and_twice_count_once(tmp_path: Path) -> None:
    rows = [(600.0 * window, float(window)) for window in (5, 0, 1, 3, 2, 4, 4)]
    assert servegen.read_hours(rates_file(tmp_path, rows)).tolist() == [[2.5 * 3600]]


def test_an_hour_that_is_missing_is_not_known(tmp_path: Path) -> None:
    rows = [(600.0 * window, 1.0) for window in (*range(6), *range(12, 18))]
    assert np.isnan(servegen.read_hours(rates_file(tmp_path, rows))[:, 0]).tolist() == [False, True, False]


def test_a_client_is_active_by_the_week_before_the_origin() -> None:
    hours = np.ones((servegen.WEEK + 24, 3))
    hours[-24:, 1] = 0  # stops after the origin: nobody could know
    hours[20:50, 2] = 0  # was away for more than a tenth of the week
    cases = servegen.cases_of("small", hours, origins=1)
    assert [(len(case.history), case.actual.sum()) for case in cases] == [(168, 24), (168, 0)]


def test_origins_lie_a_day_apart_and_leave_a_week_before_them() -> None:
    cases = servegen.cases_of("small", np.ones((servegen.WEEK + 72, 1)), origins=9)
    assert [len(case.history) for case in cases] == [216, 192, 168]


def test_the_suite_scores_every_model_and_each_population(tmp_path: Path) -> None:
    rows = [(3600.0 * hour, value / 3600) for hour, value in enumerate(wave(24 * 9))]
    report = servegen.run(forecasters([]), [rates_file(tmp_path, rows)], quiet, origins=2)
    assert list(report.models) == [name for name in FORECASTERS if name not in SLOW]
    figures = report.models["seasonal_naive"]
    assert figures["mase24"] == figures["mase24_language_small"]
    assert 0 < figures["wape"] < 0.1
    assert report.body()["figures"] == report.body()["models"][report.headline]


def test_a_file_without_an_active_client_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        servegen.run([SeasonalNaive()], [rates_file(tmp_path, [(0.0, 0.0), (3600.0, 0.0)])], quiet)
    assert refused.value.code == "no_active_client"


def test_models_are_chosen_by_name_each_once() -> None:
    assert [one.name for one in forecasters(["naive2", "seasonal_naive", "naive2"])] == [
        "naive2",
        "seasonal_naive",
    ]


def test_without_a_name_the_quick_ones_are_chosen() -> None:
    assert [one.name for one in forecasters([])] == [name for name in FORECASTERS if name not in SLOW]
    assert [one.name for one in detectors([])] == [name for name in DETECTORS if name not in SLOW]


def test_all_are_chosen_by_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "DETECTORS", {"robust_z": RobustZ, "autoencoder": RobustZ})
    assert len(detectors(["all"])) == len(detectors(["all", "robust_z"])) == 2


@pytest.mark.parametrize(("chosen", "name"), [(forecasters, "lstm"), (detectors, "autoencoder")])
def test_without_torch_a_deep_model_says_what_to_install(
    chosen: Callable[[Sequence[str]], object], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("models.forecasters.lstm", "models.detectors.autoencoder", "models.deep"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InvalidInput, match="the extra `deep`") as refused:
        chosen([name])
    assert refused.value.code == "not_installed"


def test_a_model_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(InvalidInput, match="robust_z") as refused:
        detectors(["oracle"])
    assert refused.value.field == "model"
