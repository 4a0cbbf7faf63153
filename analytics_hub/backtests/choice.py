"""The models that a suite can be run with, by name; the first is the one that a suite reports as its own.

In: names from a command line. Out: forecasters or detectors, made anew.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from analytics_hub.domain.errors import InvalidInput
from models.median_combination import MedianCombination
from models.median_of_seasonal_naives import MedianOfSeasonalNaives
from models.ports import Detector, Forecaster
from models.robust_z import RobustZ
from models.rolling_median import RollingMedian
from models.scores.naive2 import Naive2
from models.seasonal_naive import SeasonalNaive
from models.windowed_gaussian import WindowedGaussian

_Model = TypeVar("_Model")

FORECASTERS: Final[Mapping[str, Callable[[], Forecaster]]] = {
    "median_combination": MedianCombination,
    "seasonal_naive": SeasonalNaive,
    "seasonal_naive_7": lambda: SeasonalNaive(cycles=7),
    "median_of_seasonal_naives": MedianOfSeasonalNaives,
    "rolling_median": RollingMedian,
    "naive2": Naive2,
}
DETECTORS: Final[Mapping[str, Callable[[], Detector]]] = {
    "robust_z": RobustZ,
    "windowed_gaussian": WindowedGaussian,
}


def forecasters(names: Sequence[str]) -> list[Forecaster]:
    return _chosen(names, FORECASTERS)


def detectors(names: Sequence[str]) -> list[Detector]:
    return _chosen(names, DETECTORS)


def _chosen(names: Sequence[str], known: Mapping[str, Callable[[], _Model]]) -> list[_Model]:
    """All of them when none is named; in the order of the names, each once."""
    for name in names:
        if name not in known:
            raise InvalidInput("no_such_model", "model", f"{name!r} is none of {', '.join(known)}")
    return [known[name]() for name in dict.fromkeys(names or known)]
