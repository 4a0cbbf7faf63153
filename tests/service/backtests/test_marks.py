"""The protocols reproduce what others have published, on the real data; skipped where they are not on this machine."""

import json
from pathlib import Path

import numpy as np
import pytest

from analytics_hub.backtests import m4_hourly, nab
from models.detectors.refractory import EnsembleRefractory
from models.detectors.windowed_gaussian import WindowedGaussian
from models.forecasters.combination import Combination
from models.forecasters.seasonal_naive import SeasonalNaive
from models.scores.nab import PROFILES, Labelled, score_at

DATA = Path(__file__).parents[4] / "shared/data"

pytestmark = pytest.mark.skipif(
    not (DATA / "nab").is_dir() or not (DATA / "m4-hourly").is_dir(),
    reason="the suites' data are not on this machine",
)

# numenta/NAB, results/windowedGaussian: the score of a file at the published threshold of 1.0, standard and low-FP.
PUBLISHED = {
    "realAWSCloudwatch/grok_asg_anomaly.csv": (2.37942230674, 2.04942230674),
    "realAWSCloudwatch/ec2_disk_write_bytes_1ef3de.csv": (-4.19089678552, -9.31619217025),
    "realTraffic/TravelTime_387.csv": (-1.79598133079, -2.45598133079),
    "realTraffic/speed_7578.csv": (3.47059145681, 3.36059145681),
}


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_windowed_gaussian_scores_what_nab_published_for_it(name: str) -> None:
    series = nab.read_corpus(DATA / "nab", DATA / "nab/combined_windows.json")[name]
    scores = np.round(WindowedGaussian().scores(series.values, series.season), nab.DECIMALS)
    found = [
        score_at([Labelled(scores, series.windows)], PROFILES[one], 1.0).raw for one in ("standard", "low_fp")
    ]
    assert found == pytest.approx(PUBLISHED[name], abs=1e-9)


def test_the_ensemble_stands_above_the_random_cut_forest_where_traffic_was_counted(
    tmp_path: Path,
) -> None:
    labels = json.loads((DATA / "nab/combined_windows.json").read_text())
    windows = tmp_path / "windows.json"
    windows.write_text(
        json.dumps({name: of for name, of in labels.items() if name.startswith("realTraffic")})
    )
    figures = nab.run([EnsembleRefractory()], DATA / "nab", windows, quiet).models["ensemble_refractory"]
    # Published for all 58 files
    assert figures["standard"] > 51.7
    assert figures["low_fp"] > 38.4
    assert figures["low_fn"] > 59.7


def test_the_seasonal_naive_stands_where_m4_has_it() -> None:
    train = m4_hourly.default_train(DATA)
    figures = m4_hourly.run([SeasonalNaive()], train, None, quiet).models["seasonal_naive"]
    assert 0.60 < figures["owa"] < 0.65  # 0.6275 on the competition's own test set


def test_the_combination_is_well_ahead_of_the_seasonal_naive() -> None:
    train = m4_hourly.default_train(DATA)
    figures = m4_hourly.run([Combination(), SeasonalNaive()], train, None, quiet, series_max=20).models
    assert figures["combination"]["owa"] < 0.9 * figures["seasonal_naive"]["owa"]
    assert 0.85 < figures["combination"]["coverage95"] <= 1
