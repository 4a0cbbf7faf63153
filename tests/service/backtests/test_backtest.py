"""`hub backtest` from its words to its table and its result file, on files of its own."""

import json
from pathlib import Path

import pytest

from models.detectors.robust_z import RobustZ
from models.ports import Floats
from tests.support.command import Run

ROWS = "\n".join(
    f"2018-07-{3 + hour // 24:02} {hour % 24:02}:00:00,{90 if hour == 80 else 5},{int(hour == 80)}"
    for hour in range(96)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/app.csv").write_text("TimeStamp,Value,Label\n" + ROWS + "\n")
    return tmp_path


def test_the_table_has_a_line_a_model_and_the_file_all_figures(folder: Path) -> None:
    told = Run().good(
        "backtest", "cloud", "--folder", str(folder / "files"), "--results", str(folder / "r/models")
    )
    assert [line.split()[0] for line in told.splitlines()[:3]] == ["model", "robust_z", "windowed_gaussian"]
    result = json.loads((folder / "r/models/cloud.json").read_bytes())
    assert result["figures"]["f1"] == 1.0
    assert result["figures"] == result["models"][result["model"]]


def test_json_prints_what_the_file_holds(folder: Path) -> None:
    told = Run().good(
        *("backtest", "cloud", "--json", "--model", "windowed_gaussian"),
        *("--folder", str(folder / "files"), "--results", str(folder)),
    )
    assert json.loads(told) == json.loads((folder / "cloud.json").read_bytes())
    assert list(json.loads(told)["models"]) == ["windowed_gaussian"]


def test_the_same_seed_prints_the_same_figures(folder: Path) -> None:
    words = ("backtest", "injected", "--json", "--tenants", "3", "--clean", "1", "--model", "robust_z")
    first, second = (
        json.loads(Run().good(*words, "--seed", "3", "--results", str(folder))) for _ in range(2)
    )
    assert first["figures"] == second["figures"]


@pytest.mark.parametrize("suite", ["m4-hourly", "servegen", "nab", "cloud"])
def test_a_missing_folder_is_named_with_the_way_to_name_another(suite: str, tmp_path: Path) -> None:
    done = Run()("backtest", suite, "--data", str(tmp_path / "none"), "--results", str(tmp_path))
    assert done.exit_code == 1
    assert "none is not there; --data FOLDER" in done.output.replace("\n", " ")


@pytest.mark.parametrize("suite", ["m4-hourly", "servegen", "nab", "cloud"])
def test_a_data_folder_without_the_suite_is_named(suite: str, tmp_path: Path) -> None:
    done = Run()("backtest", suite, "--data", str(tmp_path), "--results", str(tmp_path))
    assert done.exit_code == 1
    assert "is not there; --data FOLDER" in done.output.replace("\n", " ")


def test_a_model_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = Run()("backtest", "injected", "--model", "oracle", "--results", str(tmp_path))
    assert (done.exit_code, "no_such_model" in done.output) == (1, True)


def test_results_that_cannot_be_written_are_told(folder: Path) -> None:
    done = Run()(
        "backtest", "cloud", "--folder", str(folder / "files"), "--results", str(folder / "files/app.csv")
    )
    assert (done.exit_code, "cannot be written" in done.output) == (1, True)


def test_a_model_that_fails_is_told_beside_the_table_and_the_others_go_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(detector: RobustZ, values: Floats, season: int) -> Floats:
        raise ArithmeticError("did not converge")

    monkeypatch.setattr(RobustZ, "scores", fails)
    done = Run()("backtest", "cloud", "--folder", str(folder / "files"), "--results", str(folder))
    assert "robust_z failed 1 times, first with ArithmeticError: did not converge" in done.output
    models = json.loads((folder / "cloud.json").read_bytes())["models"]
    assert models["robust_z"] == {"failed": 1.0, "reason": "ArithmeticError: did not converge"}
    assert models["windowed_gaussian"]["recall"] == 1.0


def test_the_result_file_says_on_which_machine_it_was_made(folder: Path) -> None:
    Run().good("backtest", "cloud", "--folder", str(folder / "files"), "--results", str(folder))
    assert json.loads((folder / "cloud.json").read_bytes())["machine"]["cores"] >= 1


def test_models_that_ran_before_stay_where_that_is_asked_for(folder: Path) -> None:
    words = ("backtest", "cloud", "--folder", str(folder / "files"), "--results", str(folder))
    Run().good(*words, "--model", "robust_z")
    first = json.loads((folder / "cloud.json").read_bytes())
    Run().good(*words, "--model", "windowed_gaussian")
    second = json.loads((folder / "cloud.json").read_bytes())
    Run().good(*words, "--model", "robust_z", "--keep")
    both = json.loads((folder / "cloud.json").read_bytes())
    assert both["models"] == {**second["models"], **first["models"]}
    assert (both["model"], both["figures"]) == ("windowed_gaussian", second["figures"])
    assert (both["made"], both["command"]) == (second["made"], second["command"])
    assert list(both["other_runs"]) == ["robust_z"]


def test_a_model_that_ran_before_stays_beside_a_new_run_of_the_suites_own(folder: Path) -> None:
    words = ("backtest", "cloud", "--folder", str(folder / "files"), "--results", str(folder))
    Run().good(*words, "--model", "robust_z")
    Run().good(*words, "--model", "windowed_gaussian", "--keep")
    first = json.loads((folder / "cloud.json").read_bytes())
    Run().good(*words, "--model", "robust_z", "--keep")
    again = json.loads((folder / "cloud.json").read_bytes())
    assert (again["model"], list(again["models"])) == ("robust_z", ["windowed_gaussian", "robust_z"])
    assert again["other_runs"] == first["other_runs"]


def test_models_of_other_data_are_not_kept_beside_new_ones(folder: Path) -> None:
    words = ("--model", "robust_z", "--results", str(folder))
    Run().good("backtest", "injected", "--tenants", "2", "--clean", "1", *words)
    done = Run()("backtest", "injected", "--tenants", "1", "--clean", "1", "--keep", *words)
    assert (done.exit_code, "another_protocol" in done.output) == (1, True)


@pytest.mark.parametrize("text", ["{}", "[1]", "no"])
def test_what_is_no_result_file_is_not_kept(folder: Path, text: str) -> None:
    (folder / "cloud.json").write_text(text)
    done = Run()("backtest", "cloud", "--folder", str(folder / "files"), "--results", str(folder), "--keep")
    assert (done.exit_code, "not_a_result" in done.output) == (1, True)
    assert (folder / "cloud.json").read_text() == text
